import Vocabulary

extension Draft {
    /// Sheds nodes that have been above the trigger for long, the worst first, until they are at the level or nothing
    /// helps any more. Ends: every step lowers the objective, and a tenant moves once.
    mutating func balance(alreadyMoved: Int64) {
        guard policy.balance.isOn, !overloads(except: []).isEmpty else { return }
        guard policy.windows.isEmpty || policy.windows.contains(where: { $0.contains(fleet.now) }) else {
            return refuse(.fleet, .balance, .windows(policy.windows))
        }
        var search = Search(bytesLeft: hourlyBytes - alreadyMoved)
        var (given, isAnyDone) = ([Overload](), false)
        while !isFull {
            guard let overload = overloads(except: given).first else {
                // What one node could not do may have become possible by what another did; once more round.
                guard isAnyDone else { break }
                (given, isAnyDone) = ([], false)
                continue
            }
            if step(overload, &search) { isAnyDone = true } else { given.append(overload) }
        }
        refuseWhatStays(given, search)
    }

    private var hourlyBytes: Int64 {
        let all = fleet.books.reduce(0) { $0 + $1.load.bytes }
        return max(Int64(Double(all) * policy.budget.hourlyShare), policy.budget.hourlyBytes)
    }

    /// The node and dimension with the largest part of the objective comes first.
    private func overloads(except given: [Overload]) -> [Overload] {
        var found: [(pressure: Double, overload: Overload)] = []
        for node in fleet.open {
            for dimension in Dimension.allCases where isOverloaded(node, dimension) {
                let overload = Overload(node: node, dimension: dimension)
                guard !given.contains(overload) else { continue }
                found.append((fleet.pressure(node, dimension, with: fleet.books[node].load), overload))
            }
        }
        return found.sorted { ($1.pressure, $0.overload) < ($0.pressure, $1.overload) }.map(\.overload)
    }

    /// Lasting, and still so by both averages.
    private func isOverloaded(_ node: Int, _ dimension: Dimension) -> Bool {
        fleet.books[node].node.overloaded.contains(dimension) && fleet.isAbove(node, dimension, fleet.levels.level)
    }

    /// One move or one exchange; false: there is none.
    private mutating func step(_ overload: Overload, _ search: inout Search) -> Bool {
        guard !rounds[overload.node].areOver(policy.budget) else {
            search.note(overload) { $0.isOutOfRounds = true }
            return false
        }
        if let found = search.move(overload, fleet, rounds, &draw) {
            search.bytesLeft -= fleet.tenants[found.tenant].load.bytes
            carryOut(found, overload)
            return true
        }
        guard rows.count + 2 <= policy.maximumRows, let found = search.exchange(overload, fleet, rounds) else {
            return false
        }
        search.bytesLeft -= fleet.tenants[found.tenant].load.bytes + fleet.tenants[found.partner].load.bytes
        carryOut(found, overload)
        return true
    }

    private mutating func carryOut(_ found: Search.Move, _ overload: Overload) {
        let relief = relief(overload, found.target, by: fleet.tenants[found.tenant].load)
        add(found.tenant, from: overload.node, to: found.target, .balance(relief), gain: share(found.gain))
    }

    private mutating func carryOut(_ found: Search.Exchange, _ overload: Overload) {
        let (heavy, light) = (fleet.tenants[found.tenant], fleet.tenants[found.partner])
        let relief = relief(overload, found.target, by: heavy.load - light.load)
        let gain = share(found.gain)
        add(found.tenant, from: overload.node, to: found.target, .exchange(relief, with: light.id), gain: gain)
        let back = Reason.exchange(relief, with: heavy.id)
        add(found.partner, from: found.target, to: overload.node, back, after: found.tenant)
    }

    /// Of the objective before the plan.
    private func share(_ gain: Double) -> Double { before > 0 ? gain / before : 0 }

    private func relief(_ overload: Overload, _ target: Int, by load: Load) -> Reason.Relief {
        let (dimension, source, target) = (overload.dimension, fleet.books[overload.node], fleet.books[target])
        return Reason.Relief(
            dimension: dimension, source: source.share(dimension),
            sourceAfter: source.share(dimension, of: source.load - load), target: target.share(dimension),
            targetAfter: target.share(dimension, of: target.load + load), level: fleet.levels.level[dimension])
    }

    private mutating func refuseWhatStays(_ given: [Overload], _ search: Search) {
        if isFull { leave(.balance) }
        for overload in given.sorted() {
            refuse(.node(fleet.id(overload.node)), .balance, refusal(overload, search))
        }
    }

    private func refusal(_ overload: Overload, _ search: Search) -> Refusal.Why {
        let outcome = search.outcomes[overload] ?? Search.Outcome()
        if outcome.isOutOfRounds { return .rounds(policy.budget.balanceRounds) }
        if outcome.isOutOfBytes { return .hourlyBytes(spent: hourlyBytes - search.bytesLeft, limit: hourlyBytes) }
        let (dimension, node) = (overload.dimension, overload.node)
        let (share, level) = (fleet.books[node].share(dimension), fleet.levels.level[dimension])
        return .noGain(dimension, share: share, level: level, outcome.tally)
    }
}
