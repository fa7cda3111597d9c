package import Vocabulary

/// What the planner wants done: a value to be printed, compared, approved, applied, and to expire.
package struct Plan: Equatable, Sendable {
    package var seed: UInt64
    package var made: WallTime
    /// After this it is not applied.
    package var expires: WallTime
    /// The most urgent first; begun in this order as far as places are free.
    package var rows: [PlanRow]
    package var refusals: [Refusal]
    /// Refusals that were not written out.
    package var moreRefusals: Int
    /// The objective before and after all rows.
    package var before: Double
    package var after: Double

    package init(
        seed: UInt64, made: WallTime, expires: WallTime, rows: [PlanRow], refusals: [Refusal], moreRefusals: Int,
        before: Double, after: Double
    ) {
        self.seed = seed
        self.made = made
        self.expires = expires
        self.rows = rows
        self.refusals = refusals
        self.moreRefusals = moreRefusals
        self.before = before
        self.after = after
    }

    package var bytes: Int64 { rows.reduce(0) { $0 + $1.bytes } }
    package var isEmpty: Bool { rows.isEmpty }
}

extension Plan: CustomStringConvertible {
    package var description: String {
        var lines = [heading]
        lines += rows.map { "  \($0)" }
        lines += refusals.map { "! \($0)" }
        if moreRefusals > 0 { lines.append("! and \(moreRefusals) more") }
        return lines.joined(separator: "\n")
    }

    private var heading: String {
        let refused = refusals.count + moreRefusals
        return "\(rows.count) moves, \(Text.bytes(bytes)), \(refused) refusals; pressure \(Text.number(before)) → "
            + "\(Text.number(after)); made \(made), expires \(expires), seed \(seed)"
    }
}
