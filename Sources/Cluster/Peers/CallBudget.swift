import Synchronization

/// Counts what is under way, so that there is never too much of it.
final class CallBudget: Sendable {
    private let held = Atomic<Int>(0)
    private let most: Int

    init(_ most: Int) { self.most = most }

    func take() -> Bool {
        guard held.add(1, ordering: .relaxed).newValue <= most else {
            giveBack()
            return false
        }
        return true
    }

    func giveBack() { held.subtract(1, ordering: .relaxed) }

    var inUse: Int { held.load(ordering: .relaxed) }
}
