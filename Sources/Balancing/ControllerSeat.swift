package import Catalog
package import Seams
package import Vocabulary

/// Whether this node is to carry plans out: it takes the seat when it has seen one beat of it for longer than a holder pauses.
/// Pure; nobody compares clocks.
package struct ControllerSeat: Sendable {
    package enum Action: Equatable, Sendable {
        case wait
        case take
        case hold
    }

    private let node: NodeID
    /// Nanoseconds.
    private let patience: UInt64
    private var seen: (row: ControllerRow, since: Instant)?
    /// Which this process has taken; a seat of an earlier process of this node is somebody else's.
    private var term: UInt64?

    package init(_ node: NodeID, patience: UInt64) {
        self.node = node
        self.patience = patience
    }

    package mutating func taken(_ row: ControllerRow) { term = row.term }

    package mutating func observe(_ row: ControllerRow, at now: Instant) -> Action {
        if row.holder == node {
            if row.term == term { return .hold }
            // Of an earlier process of this node, which is dead.
            return .take
        }
        guard row.holder != nil else { return .take }
        guard let seen, seen.row.term == row.term, seen.row.beat == row.beat else {
            self.seen = (row, now)
            return .wait
        }
        return now.nanoseconds(since: seen.since) >= patience ? .take : .wait
    }
}
