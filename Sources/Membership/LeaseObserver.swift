package import Catalog
package import Seams
package import Vocabulary

/// Watches other nodes' beats and says which may be fenced. Pure.
///
/// It counts on its own clock from the moment at which it first *saw* a beat, which is later than the holder's sending of
/// it; so it is always the more patient of the two. The statement that fences compares the beat, so a renewal that arrives
/// in time wins.
package struct LeaseObserver: Sendable {
    /// What may be done about a silent node.
    package enum Action: Equatable, Sendable {
        /// Its beat has stood still for the holder's whole span: no new tenants for it.
        case suspect(NodeID)
        /// Its lease has run out by anybody's clock, and it promised to stop: it may be fenced and taken over.
        case mayFence(NodeID, incarnation: UInt64, beat: UInt64)
    }

    private struct Sighting {
        var incarnation: UInt64
        var beat: UInt64
        var since: Instant
    }

    private let numbers: LeaseNumbers
    private var sightings: [NodeID: Sighting] = [:]

    package init(_ numbers: LeaseNumbers) { self.numbers = numbers }

    /// - Parameter nodes: all nodes' rows, just read.
    /// - Parameter now: taken after the rows had arrived.
    /// - Returns: actions by node name; the same action again each time until the row changes.
    package mutating func observe(_ nodes: [NodeRow], at now: Instant) -> [Action] {
        var kept: [NodeID: Sighting] = [:]
        var actions: [Action] = []
        for node in nodes.sorted(by: { $0.id < $1.id }) where node.state != .fenced {
            var sighting = sightings[node.id] ?? Sighting(incarnation: node.incarnation, beat: node.beat, since: now)
            if sighting.incarnation != node.incarnation || sighting.beat != node.beat {
                sighting = Sighting(incarnation: node.incarnation, beat: node.beat, since: now)
            }
            kept[node.id] = sighting
            if let action = action(node, silentFor: now.nanoseconds(since: sighting.since)) { actions.append(action) }
        }
        sightings = kept
        return actions
    }

    private func action(_ node: NodeRow, silentFor silence: UInt64) -> Action? {
        if silence >= numbers.observerSpan, node.stopsAtDeadline {
            return .mayFence(node.id, incarnation: node.incarnation, beat: node.beat)
        }
        return silence >= numbers.holderSpan && node.state == .up ? .suspect(node.id) : nil
    }
}
