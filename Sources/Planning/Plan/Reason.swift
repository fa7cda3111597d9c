package import Vocabulary

/// Why a row is in the plan, with the numbers of the moment it was decided. Shares are of a node's capacity.
package enum Reason: Codable, Equatable, Sendable {
    /// Its node has no right to serve.
    case failover
    case violation(Hindrance)
    case disk(share: Double, limit: Double)
    case drain
    case pinned
    /// To be alone; `others` are the tenants where it is.
    case alone(others: Int)
    /// Its node is to be another tenant's alone.
    case makesRoom(TenantID)
    case balance(Relief)
    /// One of two that change places, the heavier one first.
    case exchange(Relief, with: TenantID)

    /// A dimension's shares before and after.
    package struct Relief: Codable, Equatable, Sendable {
        package var dimension: Dimension
        package var source: Double
        package var sourceAfter: Double
        package var target: Double
        package var targetAfter: Double
        /// To which the source is shed.
        package var level: Double
    }

    package var purpose: Purpose {
        switch self {
        case .failover: .failover
        case .violation: .violation
        case .disk: .disk
        case .drain: .drain
        case .pinned, .alone, .makesRoom: .request
        case .balance, .exchange: .balance
        }
    }
}

extension Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .failover: "failover: its node has no right to serve"
        case .violation(let hindrance): "violation: its node \(hindrance)"
        case .disk(let share, let limit):
            "disk: its node's is \(Text.percent(share)) full, urgent above \(Text.percent(limit))"
        case .drain: "drain"
        case .pinned: "request: pinned there"
        case .alone(let others): "request: to be alone, it has \(others) others beside it"
        case .makesRoom(let tenant): "request: its node is for \(tenant) alone"
        case .balance(let relief): "balance: \(relief)"
        case .exchange(let relief, let partner): "balance: \(relief), in exchange for \(partner)"
        }
    }
}

extension Reason.Relief: CustomStringConvertible {
    package var description: String {
        "\(dimension) \(Text.percent(source)) → \(Text.percent(sourceAfter)), there \(Text.percent(target)) → "
            + "\(Text.percent(targetAfter)), level \(Text.percent(level))"
    }
}
