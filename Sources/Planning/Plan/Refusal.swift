package import Vocabulary

/// What the plan does not do although something asks for it: the rule that says no, and its numbers.
package struct Refusal: Equatable, Sendable {
    package enum Subject: Equatable, Sendable {
        case tenant(TenantID, on: NodeID)
        case node(NodeID)
        case newTenant
        case fleet
    }

    package enum Why: Equatable, Sendable {
        /// No node may take it; every node is counted in one obstacle.
        case nowhere([Obstacle])
        /// The node holds the embedded catalog.
        case embeddedCatalog
        /// A fenced node's tenants wait for it to come back: nobody has their log.
        case noLog(tenants: Int)
        /// Tenants that the inventory has only as a sum; they are listed when those before them have left.
        case notListed(tenants: Int)
        case cooling(until: WallTime, failures: Int)
        case underWay(to: NodeID)
        /// The tenant's node cannot send it.
        case source(Inventory.Node.State)
        /// More rows than a plan may have.
        case rows(left: Int)
        case windows([TimeWindow])
        case hourlyBytes(spent: Int64, limit: Int64)
        case rounds(Int)
        /// The disk stays too full.
        case disk(share: Double, limit: Double)
        /// No move and no exchange makes it better by the policy.
        case noGain(Dimension, share: Double, level: Double, Tally)
    }

    package var subject: Subject
    package var purpose: Purpose
    package var why: Why
}

extension Refusal: CustomStringConvertible {
    package var description: String { "\(purpose): \(subject): \(why)" }
}

extension Refusal.Subject: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tenant(let tenant, let node): "\(tenant) stays on \(node)"
        case .node(let node): "\(node)"
        case .newTenant: "a new tenant has no place"
        case .fleet: "the fleet"
        }
    }
}

extension Refusal.Why: CustomStringConvertible {
    package var description: String {
        switch self {
        case .nowhere(let obstacles):
            obstacles.isEmpty ? "there is no other node" : obstacles.map(\.description).joined(separator: "; ")
        case .embeddedCatalog: "holds the embedded catalog and cannot be emptied; move that first: `catalog copy`"
        case .noLog(let tenants): "\(tenants) tenants wait until it is back: there is no off-machine log of them"
        case .notListed(let tenants): "\(tenants) tenants are not listed yet; plan again when these have left"
        case .cooling(let until, let failures):
            "left alone until \(Text.clock(until))"
                + (failures > 0 ? " after \(failures) failed moves" : " after its last move")
        case .underWay(let node): "is on its way to \(node)"
        case .source(let state): "its node is \(state.rawValue) and cannot send it"
        case .rows(let left): "\(left) more moves than a plan may have"
        case .windows(let windows): "outside of \(windows.map(\.description).joined(separator: ", "))"
        case .hourlyBytes(let spent, let limit):
            "\(Text.bytes(spent)) of \(Text.bytes(limit)) an hour are used up"
        case .rounds(let rounds): "its \(rounds) rounds are used up; plan again after them"
        case .disk(let share, let limit): "disk stays \(Text.percent(share)) full, limit \(Text.percent(limit))"
        case .noGain(let dimension, let share, let level, let tally):
            "\(dimension) stays at \(Text.percent(share)), level \(Text.percent(level)): \(tally)"
        }
    }
}
