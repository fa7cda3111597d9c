import Synchronization

/// What relaying has done since the start.
package struct RelayMetrics: Hashable, Sendable {
    /// Sent to an owner, second attempts included.
    package var relayed = 0
    /// Answered by a node that is not the owner.
    package var misdirected = 0
    /// Sent again after a connection broke before it had taken the request.
    package var repeated = 0
    /// Without an answer of an owner.
    package var failed = 0
    /// Among them: refused by a node whose key or clock differs.
    package var unrecognised = 0
    /// Connections opened.
    package var connected = 0
}

final class RelayCounters: Sendable {
    enum Event { case relayed, misdirected, repeated, failed, unrecognised, connected }

    private let relayed = Atomic<Int>(0)
    private let misdirected = Atomic<Int>(0)
    private let repeated = Atomic<Int>(0)
    private let failed = Atomic<Int>(0)
    private let unrecognised = Atomic<Int>(0)
    private let connected = Atomic<Int>(0)

    func note(_ event: Event) {
        switch event {
        case .relayed: relayed.add(1, ordering: .relaxed)
        case .misdirected: misdirected.add(1, ordering: .relaxed)
        case .repeated: repeated.add(1, ordering: .relaxed)
        case .failed: failed.add(1, ordering: .relaxed)
        case .unrecognised: unrecognised.add(1, ordering: .relaxed)
        case .connected: connected.add(1, ordering: .relaxed)
        }
    }

    var metrics: RelayMetrics {
        RelayMetrics(
            relayed: relayed.load(ordering: .relaxed), misdirected: misdirected.load(ordering: .relaxed),
            repeated: repeated.load(ordering: .relaxed), failed: failed.load(ordering: .relaxed),
            unrecognised: unrecognised.load(ordering: .relaxed), connected: connected.load(ordering: .relaxed))
    }
}
