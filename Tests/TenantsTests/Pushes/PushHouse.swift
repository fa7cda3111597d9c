import Foundation
import Journal
import Seams
import Synchronization
import Testing
import Vocabulary

@testable import Tenants

/// A tenant with replicas that push.
struct PushHouse {
    let house: House
    let tenant: TenantID
    private let numbers = Atom()

    private final class Atom: Sendable {
        private let last = Atomic<UInt32>(64)
        func next() -> UInt32 { last.add(2, ordering: .relaxed).newValue }
    }

    init(
        isWritten: Bool = true, time: any TimeSource = SystemTime(), files: any Files = PosixFiles(),
        _ adjust: @escaping (inout EngineSettings, inout JournalOptions) -> Void = { _, _ in }
    ) async throws {
        house = try House(time: time, files: files, adjust)
        tenant = try await house.create(1_000)
        if isWritten { try await house.run("INSERT INTO t(v) VALUES ('first')", on: tenant) }
    }

    var engine: TenantEngine { house.engine }

    var call: ReplicaCall {
        ReplicaCall(tenant: tenant, deadline: SystemTime().monotonic().advanced(byNanoseconds: 120_000_000_000)) {
            [numbers] in numbers.next()
        }
    }

    func replica() async throws -> ModelReplica {
        var replica = ModelReplica()
        try await replica.sync(engine, call)
        return replica
    }

    /// What the replica's SQL has written, one commit a text.
    func frames(_ replica: ModelReplica, _ sql: String...) throws -> [UInt8] {
        let writer = try LocalWriter(replica.pages)
        for text in sql { try writer.run(text) }
        return writer.frames
    }

    func push(_ frames: [UInt8], from replica: ModelReplica, baton: String? = nil) async throws -> PushReply {
        try await push(frames, replica.generation, replica.frame + 1, baton: baton)
    }

    func push(
        _ frames: [UInt8], _ generation: UInt32, _ first: UInt32, baton: String? = nil, count: UInt32? = nil
    ) async throws -> PushReply {
        let position = ReplicaPosition(
            generation: generation, from: first, to: first &+ (count ?? frames.frameCount))
        return try await engine.replicaPush(
            ReplicaPush(position: position, baton: baton, frames: frames, principal: 1), call)
    }

    /// As the client does it: in parts, and once more from where the server says.
    ///
    /// - Returns: false on a conflict; the replica is as it was.
    func sync(_ frames: [UInt8], _ replica: inout ModelReplica, part: Int = 128) async throws -> Bool {
        var (next, baton, tries) = (Int(replica.frame), String?.none, 0)
        let all = replica.log + frames
        try #require(all.frameCount == replica.frame + frames.frameCount)
        while next < Int(all.frameCount) {
            let end = min(next + part, Int(all.frameCount))
            switch try await push(all.frames(next..<end), replica.generation, UInt32(next) + 1, baton: baton) {
            case .conflict: return false
            case .startAgain: throw ModelReplica.Failure.mustStartAgain
            case .goOn(let given): (next, baton) = (end, given)
            case .at(let generation, let frame, _):
                if frame < UInt32(end) {
                    tries += 1
                    try #require(tries < 4, "the replica must send again: \(frame)")
                    (next, baton) = (Int(frame), nil)
                    continue
                }
                (next, baton) = (end, nil)
                if end == all.frameCount {
                    replica.take(frames, isOwn: true)
                    replica.goTo(generation, frame)
                }
            }
        }
        return true
    }

    func bookmark() async throws -> Bookmark { try await engine.perform(on: tenant) { $0.bookmark } }

    func number(_ sql: String) async throws -> Int64 { try await house.integer(sql, on: tenant) }

    /// All of them are the tenant after they have pulled, but for what the first page counts.
    func expectSame(_ replicas: [ModelReplica]) async throws {
        // A commit of its own: with it comes the first page as replicas get it.
        try await house.run("INSERT INTO t(v) VALUES ('last')", on: tenant)
        guard case .made(let copy) = try await engine.snapshot(tenant, deadline: call.deadline) else {
            Issue.record("no copy")
            return
        }
        let source = ReplicaSource(snapshot: copy)
        for var replica in replicas {
            try await replica.sync(engine, call)
            #expect(replica.pages.count == Int(source.pageCount))
            for number in 1...source.pageCount {
                let isSame = zip(try source.pages(1, from: number), replica.pages[Int(number) - 1]).allSatisfy {
                    $0 == $1 || $0 == 0
                }
                #expect(isSame, "page \(number) differs")
                if !isSame { return }
            }
        }
        #expect(try await number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'") == 0)
    }

    /// Nothing of what was refused is on the disk, a moment later.
    func expectNothingLeft(_ what: String) async throws {
        var left: [String] = []
        for _ in 0..<500 {
            left = try FileManager.default.contentsOfDirectory(atPath: house.directory + "/tmp")
            if left.isEmpty { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("\(what): \(left)")
    }
}
