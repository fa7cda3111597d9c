import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Seams
import Terminal

/// A file from a node: into a file beside its target, going on where a connection broke off, under its name when it is whole and
/// synced.
struct Download {
    /// Attempts without a byte in between, after which it is given up.
    private static let attempts = 5
    private static let pause = Duration.seconds(1)

    struct Outcome {
        let bytes: Int64
        let bookmark: String
    }

    let client: RemoteClient
    let path: String
    let target: String
    let label: String

    /// - Throws: `CommandFailure`; nothing is left of the file then.
    func run() async throws -> Outcome {
        let part = target + ".part"
        guard FileManager.default.createFile(atPath: part, contents: nil),
            let file = FileHandle(forUpdatingAtPath: part)
        else { throw CommandFailure(.failed, "\(part) cannot be written") }
        do {
            let outcome = try await fetch(into: file)
            try file.synchronize()
            try file.close()
            guard rename(part, target) == 0 else {
                throw CommandFailure(.failed, "\(target) cannot be made: \(SystemErrorText.words(errno))")
            }
            return outcome
        } catch {
            try? file.close()
            unlink(part)
            Console.endProgress()
            throw error
        }
    }

    private func fetch(into file: FileHandle) async throws -> Outcome {
        var state = State()
        var failures = 0
        while true {
            let before = state.done
            do {
                try await take(&state, into: file)
                Console.endProgress()
                return Outcome(bytes: state.done, bookmark: state.bookmark)
            } catch let failure as CommandFailure where failure.status != .unreachable || state.etag == nil {
                throw failure
            } catch is CommandFailure {
                failures = state.done > before ? 1 : failures + 1
                guard failures < Self.attempts else {
                    throw CommandFailure(
                        .unreachable, "the download broke off after \(HumanText.size(state.done)), again and again")
                }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    private struct State {
        var done: Int64 = 0
        var total: Int64?
        /// The version whose bytes are there.
        var etag: String?
        var bookmark = ""
        let start = ContinuousClock.now
    }

    /// - Throws: `CommandFailure` of status unreachable where the connection broke off.
    private func take(_ state: inout State, into file: FileHandle) async throws {
        var headers: [(String, String)] = []
        if let etag = state.etag {
            headers = [("range", "bytes=\(state.done)-"), ("if-range", etag)]
        }
        let answer = try await client.download(path, headers)
        if answer.status == .ok {
            // From the start: the first time, or because that version is gone.
            state.done = 0
            try file.truncate(atOffset: 0)
        }
        state.etag = answer.headers.first(name: "etag")
        state.bookmark = answer.headers.first(name: "rowhouse-bookmark") ?? ""
        state.total = answer.headers.first(name: "content-length").flatMap(Int64.init).map { $0 + state.done }
        try await copy(answer.body, &state, into: file)
        guard state.total.map({ $0 == state.done }) ?? true else { throw client.brokenOff() }
    }

    private func copy(_ body: HTTPClientResponse.Body, _ state: inout State, into file: FileHandle) async throws {
        var iterator = body.makeAsyncIterator()
        while true {
            let piece: ByteBuffer?
            do { piece = try await iterator.next() } catch { throw client.brokenOff() }
            guard let piece else { return }
            do {
                try file.write(contentsOf: Data(piece.readableBytesView))
            } catch {
                throw CommandFailure(.failed, "\(target).part cannot be written: \(SystemErrorText.words(errno))")
            }
            state.done += Int64(piece.readableBytes)
            Console.show(
                ProgressLine(
                    label: label, done: state.done, total: state.total, elapsed: ContinuousClock.now - state.start))
        }
    }
}
