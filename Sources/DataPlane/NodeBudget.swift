import Synchronization

/// A bound that all event loops of the node share: so many units may be held at once.
final class NodeBudget: Sendable {
    private let held = Atomic<Int>(0)
    let most: Int

    init(_ most: Int) { self.most = most }

    /// `false` if that many are not left; then nothing is held.
    func take(_ count: Int) -> Bool {
        let before = held.add(count, ordering: .relaxed).oldValue
        guard before + count <= most else {
            giveBack(count)
            return false
        }
        return true
    }

    func giveBack(_ count: Int) {
        held.subtract(count, ordering: .relaxed)
    }

    var inUse: Int { held.load(ordering: .relaxed) }
}
