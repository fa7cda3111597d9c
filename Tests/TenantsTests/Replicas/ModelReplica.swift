import Foundation
import Testing
import Vocabulary

@testable import Tenants

/// What the native client does with the answers, and nothing else: a file, a log over it, a generation and a frame number.
struct ModelReplica {
    enum Failure: Error { case mustStartAgain }

    private(set) var generation: UInt32 = 0
    private(set) var frame: UInt32 = 0
    private(set) var pages: [[UInt8]] = []
    private(set) var bookmark: Bookmark?
    /// Frames that were taken, of all time.
    private(set) var taken = 0
    /// Those of this generation, as they are in its log.
    private(set) var log: [UInt8] = []

    mutating func sync(_ engine: TenantEngine, _ call: ReplicaCall) async throws {
        if generation == 0 { try await begin(engine, call) }
        for _ in 0..<20_000 {
            let position = ReplicaPosition(generation: generation, from: frame + 1, to: frame + 129)
            switch try await engine.replicaPull(position, call) {
            case .frames(let content): take(try await Self.all(content))
            case .generation(let newest, let at):
                if newest <= generation {
                    bookmark = at
                    return
                }
                generation += 1
                frame = 0
                log = []
            case .startAgain: throw Failure.mustStartAgain
            }
        }
        Issue.record("the replica never comes to an end")
    }

    private mutating func begin(_ engine: TenantEngine, _ call: ReplicaCall) async throws {
        generation = try await engine.replicaGeneration(call)
        let content = try #require(try await engine.replicaExport(generation, call))
        let bytes = try await Self.all(content)
        #expect(bytes[18] == 2 && bytes[19] == 2, "the client keeps a log")
        pages = stride(from: 0, to: bytes.count, by: 4096).map { Array(bytes[$0..<$0 + 4096]) }
    }

    /// Frames that it was given, or that it pushed and that were taken.
    mutating func take(_ bytes: [UInt8], isOwn: Bool = false) {
        #expect(!bytes.isEmpty && bytes.count % ReplicaFrame.bytes == 0)
        var seen: Set<UInt32> = []
        var isInside = false
        for start in stride(from: 0, to: bytes.count, by: ReplicaFrame.bytes) {
            let header = bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let (page, size) = (UInt32(header >> 32), UInt32(truncatingIfNeeded: header))
            #expect(seen.insert(page).inserted || isOwn, "a page twice in one commit is one frame in the client's log")
            while pages.count < Int(page) { pages.append([UInt8](repeating: 0, count: 4096)) }
            pages[Int(page) - 1] = Array(bytes[(start + 24)..<(start + ReplicaFrame.bytes)])
            frame += 1
            taken += 1
            isInside = size == 0
            if size > 0 {
                pages.removeLast(pages.count - Int(size))
                seen = []
            }
        }
        #expect(!isInside, "what is given ends with a commit")
        log += bytes
    }

    /// Takes the first commit of an answer and is killed then.
    mutating func takeOne(_ bytes: [UInt8]) {
        var end = 0
        repeat { end += 1 } while bytes.size(ofFrame: end - 1) == 0
        take(bytes.frames(0..<end))
    }

    /// After a push: what the answer says.
    mutating func goTo(_ generation: UInt32, _ frame: UInt32) {
        if self.generation != generation { log = [] }
        (self.generation, self.frame) = (generation, frame)
    }

    static func all(_ content: ReplicaContent) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < content.byteCount { bytes += try await content.piece(at: Int64(bytes.count)) }
        return bytes
    }
}
