/// What room in the journal is asked for. Each kind leaves room for the ones after it.
///
/// The last of it must not be open to everybody: a full journal is emptied by moving the recovery point, which takes commits
/// of the node state, which take room themselves. Whatever else could use that up would leave the journal full for good.
package enum Purpose: Sendable, CaseIterable {
    /// Callers' commits and what brings new tenants.
    case ordinary
    /// What gives room back, and what cannot wait for it: drops, pages written again at the head, the catalog. Goes on while
    /// the disk is full.
    case relief
    /// The node state's own commits. Goes on while the disk is full.
    case upkeep
}
