import ServiceLifecycle
import UnixSignals

/// What ends a node from outside: the first SIGTERM or SIGINT in order, the second at once.
struct StopSignals {
    private let signals: UnixSignalsSequence

    /// From here on they do not end the process by themselves.
    static func trap() async -> StopSignals {
        StopSignals(signals: await UnixSignalsSequence(trapping: .sigterm, .sigint))
    }

    /// Runs until the task is cancelled.
    ///
    /// - Parameter announce: says what is waited for; after it the services are told.
    func stop(_ services: ServiceGroup, announce: () async -> Void) async {
        var isStopping = false
        for await _ in signals {
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
