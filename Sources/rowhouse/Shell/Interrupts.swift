import Dispatch
import Foundation
import Synchronization

/// Control-C, from the terminal or another process, for whoever waits for it.
final class Interrupts: Sendable {
    private nonisolated(unsafe) static var pipeEnd: Int32 = -1
    private struct State {
        var waiting: AsyncStream<Void>.Continuation?
        var isPending = false
    }

    private let state = Mutex(State())
    /// Kept, and never touched again.
    private nonisolated(unsafe) let source: any DispatchSourceRead

    /// One a process.
    ///
    /// - Parameter catching: whether Control-C comes here; else it ends the process, as it does scripts.
    init?(catching: Bool) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        Self.pipeEnd = ends[1]
        source = DispatchSource.makeReadSource(fileDescriptor: ends[0])
        source.setEventHandler { [waiting = Weak(self), reading = ends[0]] in waiting.object?.arrived(reading) }
        source.activate()
        guard catching else { return }
        var action = sigaction()
        action.__sigaction_handler.sa_handler = Self.handler
        sigaction(SIGINT, &action, nil)
    }

    private final class Weak: @unchecked Sendable {
        // @unchecked: a weak reference is read atomically.
        weak var object: Interrupts?
        init(_ object: Interrupts) { self.object = object }
    }

    private static let handler: @convention(c) (Int32) -> Void = { _ in
        let kept = errno
        var byte: UInt8 = 0
        _ = write(Interrupts.pipeEnd, &byte, 1)
        errno = kept
    }

    private func arrived(_ descriptor: Int32) {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(descriptor, &bytes, bytes.count) > 0 {}
        state.withLock { state in
            if state.waiting?.yield(()) == nil { state.isPending = true }
        }
    }

    /// - Returns: whether one came while nobody waited, since the last time.
    func takePending() -> Bool {
        state.withLock { state in
            defer { state.isPending = false }
            return state.isPending
        }
    }

    /// Runs the work; an interrupt cancels it.
    ///
    /// - Throws: what the work does; `CancellationError` where it was interrupted.
    func run<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.waiting = continuation }
        defer { state.withLock { $0.waiting = nil } }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                for await _ in stream { break }
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else { throw CancellationError() }
            return result
        }
    }
}
