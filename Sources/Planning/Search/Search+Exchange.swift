extension Search {
    /// Targets, the emptiest, tenants for each and partners for each of those that are tried: the bound on a step's
    /// work.
    private static let targets = 8
    private static let tenants = 32
    private static let partners = 4

    /// Two tenants that change places, so that the difference of their loads is what a single move should have been.
    mutating func exchange(_ overload: Overload, _ fleet: Fleet, _ rounds: [Rounds]) -> Exchange? {
        let candidates = candidates(overload, fleet)
        var best: Exchange?
        for target in targets(overload, fleet).prefix(Self.targets) {
            let found = exchange(overload, with: target, candidates, fleet, rounds)
            if let found, found.score > best?.score ?? 0 { best = found }
        }
        return best
    }

    private mutating func exchange(
        _ overload: Overload, with target: Int, _ candidates: Candidates, _ fleet: Fleet, _ rounds: [Rounds]
    ) -> Exchange? {
        let others = self.candidates(Overload(node: target, dimension: overload.dimension), fleet)
        let weighing = Weighing(fleet: fleet, overload: overload, target: target)
        var (best, weighed): (Exchange?, Int) = (nil, 0)
        for tenant in candidates.list where !fleet.moved[tenant] {
            guard weighed < Self.tenants else { break }
            weighed += 1
            for partner in partners(of: tenant, weighing, others) {
                guard allows(tenant, partner, weighing, rounds) else { continue }
                guard let found = take(weighing.verdict(tenant, for: partner), overload) else { continue }
                if found.score > best?.score ?? 0 {
                    best = Exchange(
                        tenant: tenant, partner: partner, target: target, gain: found.gain, score: found.score)
                }
            }
        }
        return best
    }

    /// Those for whom the difference is 2–50 % of the nodes'.
    private func partners(of tenant: Int, _ weighing: Weighing, _ others: Candidates) -> [Int] {
        let (fleet, overload) = (weighing.fleet, weighing.overload)
        let balance = fleet.policy.balance
        let gap = fleet.gap(overload.node, weighing.target, overload.dimension)
        let load = fleet.tenants[tenant].load
        let heaviest = Double(load[overload.dimension]) - gap * balance.smallestMove
        let lightest = Double(load.asAdded[overload.dimension]) - gap * balance.largestMove
        guard heaviest >= lightest else { return [] }
        var found: [Int] = []
        for partner in others.list[others.first(atMost: heaviest)...] where !fleet.moved[partner] {
            guard Double(fleet.tenants[partner].load[overload.dimension]) >= lightest else { break }
            found.append(partner)
            if found.count == Self.partners { break }
        }
        return found
    }

    private mutating func allows(_ tenant: Int, _ partner: Int, _ weighing: Weighing, _ rounds: [Rounds]) -> Bool {
        let (fleet, overload) = (weighing.fleet, weighing.overload)
        let (there, back) = (fleet.tenants[tenant].load.bytes, fleet.tenants[partner].load.bytes)
        guard there + back <= bytesLeft else {
            note(overload) { $0.isOutOfBytes = true }
            return false
        }
        return allows(there, from: overload.node, rounds, fleet, for: overload)
            && allows(back, from: weighing.target, rounds, fleet, for: overload)
    }
}
