/// How many moves a source has got, and so in which round its next one is.
struct Rounds {
    private var big = 0
    private var small = 0

    func next(_ bytes: Int64, _ budget: Policy.Budget) -> Int {
        bytes > budget.bigBytes ? big / max(budget.bigMoves, 1) : small / max(budget.smallMoves, 1)
    }

    /// Balancing has used up what it may do in one plan.
    func areOver(_ budget: Policy.Budget) -> Bool {
        min(next(0, budget), next(.max, budget)) >= budget.balanceRounds
    }

    mutating func take(_ bytes: Int64, _ budget: Policy.Budget) -> Int {
        defer { if bytes > budget.bigBytes { big += 1 } else { small += 1 } }
        return next(bytes, budget)
    }
}
