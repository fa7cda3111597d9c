import ServiceLifecycle
import UnixSignals

/// What is said to a node from outside: the first SIGTERM or SIGINT ends it in order, the second at once; SIGHUP has it read
/// its configuration again.
struct NodeSignals {
    private let signals: UnixSignalsSequence

    /// From here on they do not end the process by themselves.
    static func trap() async -> NodeSignals {
        NodeSignals(signals: await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup))
    }

    /// Runs until the task is cancelled.
    ///
    /// - Parameters:
    ///   - announce: says what is waited for, once the services were told.
    ///   - reload: on SIGHUP; not any more once the node is stopping.
    func follow(_ services: ServiceGroup, announce: () async -> Void, reload: () async -> Void) async {
        var isStopping = false
        for await signal in signals {
            if signal == .sighup {
                if !isStopping { await reload() }
                continue
            }
            if isStopping { NodeEnd.impatient() }
            isStopping = true
            await services.triggerGracefulShutdown()
            await announce()
        }
    }
}

/// Opened once; who comes before waits.
struct Latch: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() {
        continuation.yield()
        continuation.finish()
    }

    /// For one task.
    ///
    /// - Returns: false if the task was cancelled before.
    func opened() async -> Bool { await stream.first { _ in true } != nil }
}
