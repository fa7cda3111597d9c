extension Search {
    /// The best single move off an overloaded node: among a few targets drawn, else among all; tenants of 2–50 % of the
    /// difference first, lighter ones only where none of these will do.
    mutating func move(_ overload: Overload, _ fleet: Fleet, _ rounds: [Rounds], _ draw: inout Draw) -> Move? {
        let candidates = candidates(overload, fleet)
        let all = targets(overload, fleet)
        let drawn = draw.sample(fleet.policy.choices, of: all)
        var outcome = Outcome()
        outcome.tally.resting = candidates.resting
        for isLight in [false, true] {
            if isLight { outcome = outcomes[overload] ?? outcome }
            for nodes in [drawn, all] {
                outcomes[overload] = outcome
                var best: Move?
                for target in nodes {
                    let range = range(overload, target, candidates, isLight: isLight, fleet)
                    let width = max(Self.width / nodes.count, Self.leastWidth)
                    let found = move(overload, to: target, candidates.list[range], width, fleet, rounds)
                    if let found, found.score > best?.score ?? 0 { best = found }
                }
                if let best { return best }
            }
        }
        let tooHeavy = all.first.map { self.tooHeavy(overload, $0, candidates, fleet) } ?? 0
        note(overload) { $0.tally.tooHeavy = tooHeavy }
        return nil
    }

    private mutating func move(
        _ overload: Overload, to target: Int, _ tenants: ArraySlice<Int>, _ width: Int, _ fleet: Fleet,
        _ rounds: [Rounds]
    ) -> Move? {
        let weighing = Weighing(fleet: fleet, overload: overload, target: target)
        var (best, weighed): (Move?, Int) = (nil, 0)
        for tenant in tenants where !fleet.moved[tenant] {
            guard weighed < width else { break }
            weighed += 1
            guard allows(fleet.tenants[tenant].load.bytes, from: overload.node, rounds, fleet, for: overload) else {
                continue
            }
            guard let found = take(weighing.verdict(tenant), overload) else { continue }
            if found.score > best?.score ?? 0 {
                best = Move(tenant: tenant, target: target, gain: found.gain, score: found.score)
            }
        }
        return best
    }

    /// Even for the emptiest.
    private func tooHeavy(_ overload: Overload, _ emptiest: Int, _ candidates: Candidates, _ fleet: Fleet) -> Int {
        let range = range(overload, emptiest, candidates, isLight: false, fleet)
        return candidates.list[..<range.lowerBound].count { !fleet.moved[$0] }
    }

    /// Candidates by their share of the difference.
    private func range(
        _ overload: Overload, _ target: Int, _ candidates: Candidates, isLight: Bool, _ fleet: Fleet
    ) -> Range<Int> {
        let gap = fleet.gap(overload.node, target, overload.dimension)
        let added = overload.dimension == .bytes ? 1 : 1.1
        let heaviest = candidates.first(atMost: gap * fleet.policy.balance.largestMove / added)
        let light = max(heaviest, candidates.first(atMost: gap * fleet.policy.balance.smallestMove))
        return isLight ? light..<candidates.list.count : heaviest..<light
    }

    /// A good verdict; the others are counted.
    mutating func take(_ verdict: Weighing.Verdict, _ overload: Overload) -> (gain: Double, score: Double)? {
        switch verdict {
        case .good(let gain, let score): return (gain, score)
        case .hindered: note(overload) { $0.tally.hindered += 1 }
        case .otherDimension: note(overload) { $0.tally.otherDimension += 1 }
        case .notWorthIt: note(overload) { $0.tally.notWorthIt += 1 }
        }
        return nil
    }
}
