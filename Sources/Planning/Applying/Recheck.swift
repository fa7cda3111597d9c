/// Whether a row of an older plan is still to be applied.
package enum Recheck: Equatable, Sendable {
    case go
    case skipped(Skip)
}
