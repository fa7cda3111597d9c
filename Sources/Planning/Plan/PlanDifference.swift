import Vocabulary

/// What changed from one plan to another, tenant by tenant.
package struct PlanDifference: Equatable, Sendable {
    package var added: [PlanRow] = []
    package var removed: [PlanRow] = []
    /// The same tenant goes elsewhere, or for another purpose.
    package var changed: [(from: PlanRow, to: PlanRow)] = []

    package var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }

    package init(from old: Plan, to new: Plan) {
        let before = Dictionary(old.rows.map { ($0.tenant, $0) }) { first, _ in first }
        let after = Set(new.rows.map(\.tenant))
        removed = old.rows.filter { !after.contains($0.tenant) }
        for row in new.rows {
            guard let known = before[row.tenant] else {
                added.append(row)
                continue
            }
            if known.to != row.to || known.from != row.from || known.purpose != row.purpose {
                changed.append((known, row))
            }
        }
    }

    package static func == (a: PlanDifference, b: PlanDifference) -> Bool {
        a.added == b.added && a.removed == b.removed && a.changed.elementsEqual(b.changed, by: ==)
    }
}

extension PlanDifference: CustomStringConvertible {
    package var description: String {
        let lines =
            removed.map { "- \($0)" } + added.map { "+ \($0)" } + changed.flatMap { ["- \($0.from)", "+ \($0.to)"] }
        return lines.joined(separator: "\n")
    }
}
