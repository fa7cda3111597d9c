package import Planning
package import Vocabulary

/// What is to be done about a row, by its tenant's placement as it is now: the same for a controller that begins, one that goes on
/// after another's death, and one that asks again after a lost answer. Pure.
package enum RowJudgement: Equatable, Sendable {
    /// Nothing has happened yet: it is to be checked and begun.
    case begin
    /// On its way by this move.
    case follow(String)
    /// The tenant is where the row wants it.
    case done
    case skip(Skip)

    package init(_ row: PlanRow, _ placement: Placement?) {
        guard let placement else {
            self = .skip(.gone)
            return
        }
        if placement.version == row.version {
            self = .begin
        } else if placement.state == .moving, placement.target == row.to, let move = placement.move {
            self = .follow(move)
        } else if placement.state == .stable, placement.owner == row.to {
            self = .done
        } else if placement.state == .moving {
            self = .skip(.moving(to: placement.target))
        } else {
            self = .skip(.version(planned: row.version, found: placement.version))
        }
    }
}
