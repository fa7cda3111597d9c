/// Why the moves that were weighed were not made: how many pairs of tenant and target, or exchanges, failed by what.
package struct Tally: Equatable, Sendable {
    /// Tenants whose load is more than the policy's share of the difference, even to the emptiest node.
    package var tooHeavy = 0
    /// There is another node, but its rules say no.
    package var hindered = 0
    /// Another dimension would get worse.
    package var otherDimension = 0
    /// Too little gain for the bytes.
    package var notWorthIt = 0
    /// Tenants of the node that have no such load or are not to be moved now.
    package var resting = 0

    package init() {}
}

extension Tally: CustomStringConvertible {
    package var description: String {
        let parts = [
            (tooHeavy, "too heavy for the difference"), (hindered, "not allowed there"),
            (otherDimension, "would raise another dimension"), (notWorthIt, "not worth their bytes"),
            (resting, "without load, pinned or cooling down"),
        ]
        let told = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return told.isEmpty ? "no tenant listed that could go" : told.joined(separator: ", ")
    }
}
