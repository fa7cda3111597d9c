import Synchronization

/// What one event loop has seen. Only that loop writes, anybody may read; so the additions need no locked instruction.
final class DoorCounters: Sendable {
    enum Counter {
        case opened, closed, refusedConnections, dataPlane, tail, refused, bytesIn, bytesOut
    }

    let data = PlaneCounters()
    let control = PlaneCounters()
    /// Answered by the door itself.
    let door = PlaneCounters()
    private let opened = Atomic<UInt64>(0)
    private let closed = Atomic<UInt64>(0)
    private let refusedConnections = Atomic<UInt64>(0)
    private let dataPlane = Atomic<UInt64>(0)
    private let tail = Atomic<UInt64>(0)
    private let refused = Atomic<UInt64>(0)
    private let bytesIn = Atomic<UInt64>(0)
    private let bytesOut = Atomic<UInt64>(0)

    /// On the owning event loop only.
    func add(_ amount: Int = 1, to counter: Counter) {
        switch counter {
        case .opened: Self.bump(opened, amount)
        case .closed: Self.bump(closed, amount)
        case .refusedConnections: Self.bump(refusedConnections, amount)
        case .dataPlane: Self.bump(dataPlane, amount)
        case .tail: Self.bump(tail, amount)
        case .refused: Self.bump(refused, amount)
        case .bytesIn: Self.bump(bytesIn, amount)
        case .bytesOut: Self.bump(bytesOut, amount)
        }
    }

    private static func bump(_ counter: borrowing Atomic<UInt64>, _ amount: Int) {
        counter.store(counter.load(ordering: .relaxed) &+ UInt64(amount), ordering: .relaxed)
    }

    func add(to total: inout DoorMetrics) {
        total.connectionsOpened += opened.load(ordering: .relaxed)
        total.connectionsClosed += closed.load(ordering: .relaxed)
        total.connectionsRefused += refusedConnections.load(ordering: .relaxed)
        total.dataPlaneRequests += dataPlane.load(ordering: .relaxed)
        total.tailRequests += tail.load(ordering: .relaxed)
        total.refusedRequests += refused.load(ordering: .relaxed)
        total.bytesIn += bytesIn.load(ordering: .relaxed)
        total.bytesOut += bytesOut.load(ordering: .relaxed)
        data.add(to: &total.data)
        control.add(to: &total.control)
        door.add(to: &total.door)
    }
}

/// The door's counters since it was made, added up over its event loops. Not one instant's picture: the loops go on
/// while they are read.
package struct DoorMetrics: Hashable, Sendable {
    package var data = PlaneMetrics()
    package var control = PlaneMetrics()
    /// The door's own refusals; their durations are not taken.
    package var door = PlaneMetrics()
    package var connectionsOpened: UInt64 = 0
    package var connectionsClosed: UInt64 = 0
    /// Turned away at ``DoorLimits/connections``; not among the opened.
    package var connectionsRefused: UInt64 = 0
    package var dataPlaneRequests: UInt64 = 0
    package var tailRequests: UInt64 = 0
    /// Answered by the door itself with an error.
    package var refusedRequests: UInt64 = 0
    /// Everything read from clients.
    package var bytesIn: UInt64 = 0
    /// Everything written to them, except the heads of the tail's answers.
    package var bytesOut: UInt64 = 0
}
