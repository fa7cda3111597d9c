package import Vocabulary

/// The rule by which a tenant may not be on a node, with its numbers.
package enum Hindrance: Codable, Hashable, Sendable {
    /// The node takes nothing.
    case state(Inventory.Node.State)
    case pinned(to: NodeID)
    case forbidden
    case label(name: String, wanted: String, found: String?)
    case zone(wanted: [String], found: String)
    /// Another of the group is there.
    case apart(group: String)
    /// It wants to be alone and there are others.
    case company(tenants: Int)
    /// One that wants to be alone is there.
    case loner(TenantID)
    /// Shares of the disk.
    case disk(after: Double, limit: Double)
    /// Shares of another capacity.
    case room(Dimension, after: Double, limit: Double)
    case tenants(after: Int, limit: Int)
    /// Its writes, in bytes a second, come faster than a copy can follow.
    case neverCaughtUp(writes: Int64, rate: Int64)
    /// It came from there too short a time ago.
    case cameFromThere(until: WallTime)
}

extension Hindrance {
    /// Hindrances of one kind are told together.
    var kind: Int {
        switch self {
        case .state: 0
        case .pinned: 1
        case .forbidden: 2
        case .label: 3
        case .zone: 4
        case .apart: 5
        case .company: 6
        case .loner: 7
        case .disk: 8
        case .room(let dimension, _, _): 9 + dimension.rawValue
        case .tenants: 13
        case .neverCaughtUp: 14
        case .cameFromThere: 15
        }
    }

    /// By how much it misses, as a share of the limit, where that can be said.
    var excess: Double {
        switch self {
        case .disk(let after, let limit), .room(_, let after, let limit): after / limit - 1
        case .tenants(let after, let limit): Double(after) / Double(max(limit, 1)) - 1
        case .company(let tenants): Double(tenants)
        default: 0
        }
    }

    /// Another choice for *other* tenants of the same plan could make it go away.
    var isOfRoom: Bool {
        switch self {
        case .disk, .room, .tenants, .apart, .company, .loner: true
        default: false
        }
    }
}

extension Hindrance: CustomStringConvertible {
    package var description: String {
        switch self {
        case .state(let state): "is \(state.rawValue)"
        case .pinned(let node): "the tenant is pinned to \(node)"
        case .forbidden: "is forbidden to the tenant"
        case .label(let name, let wanted, let found):
            "has \(name)=\(found ?? "(none)"), the tenant wants \(name)=\(wanted)"
        case .zone(let wanted, let found):
            "is in zone \(found.isEmpty ? "(none)" : found), the tenant wants \(wanted.joined(separator: " or "))"
        case .apart(let group): "has another tenant of the group \(group)"
        case .company(let tenants): "has \(tenants) other tenants, this one is to be alone"
        case .loner(let tenant): "is kept for \(tenant) alone"
        case .disk(let after, let limit): "disk would be \(Text.percent(after)) full, limit \(Text.percent(limit))"
        case .room(let dimension, let after, let limit):
            "\(dimension) would be at \(Text.percent(after)), limit \(Text.percent(limit))"
        case .tenants(let after, let limit): "would have \(after) tenants, limit \(limit)"
        case .neverCaughtUp(let writes, let rate):
            "a copy at \(Text.bytes(rate))/s never catches up with \(Text.bytes(writes))/s of writes"
        case .cameFromThere(let until): "the tenant came from there; not back before \(Text.clock(until))"
        }
    }
}
