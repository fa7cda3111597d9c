/// What a row is for, the most urgent first: a plan's rows come in this order.
package enum Purpose: Int, CaseIterable, Comparable, Sendable, CustomStringConvertible {
    case failover
    /// A tenant is where a rule forbids it.
    case violation
    /// A disk is nearly full.
    case disk
    case drain
    /// An operator wants a tenant on a node, or alone on one.
    case request
    case balance
    /// A new tenant; never a row.
    case creation

    package static func < (a: Purpose, b: Purpose) -> Bool { a.rawValue < b.rawValue }

    package var description: String {
        switch self {
        case .failover: "failover"
        case .violation: "violation"
        case .disk: "disk"
        case .drain: "drain"
        case .request: "request"
        case .balance: "balance"
        case .creation: "creation"
        }
    }
}
