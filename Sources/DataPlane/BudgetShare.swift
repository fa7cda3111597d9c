/// What one holder has of a ``NodeBudget``. Given back by hand: what is held when the value goes is lost.
struct BudgetShare {
    private let budget: NodeBudget
    /// Units that are not counted.
    private let free: Int
    private var taken = 0

    init(of budget: NodeBudget, free: Int) {
        self.budget = budget
        self.free = free
    }

    /// - Parameter count: all that is held from now on, not what is more than before.
    /// - Returns: `false` if that many are not left; then it is as before.
    mutating func hold(_ count: Int) -> Bool {
        let owed = max(0, count - free)
        guard owed > taken else {
            giveBack(taken - owed)
            return true
        }
        guard budget.take(owed - taken) else { return false }
        taken = owed
        return true
    }

    mutating func giveBack() { giveBack(taken) }

    private mutating func giveBack(_ count: Int) {
        guard count > 0 else { return }
        budget.giveBack(count)
        taken -= count
    }
}
