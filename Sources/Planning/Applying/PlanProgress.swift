import Vocabulary

/// Which rows of a plan may begin now: the pace of applying it, as a value. Whoever applies it asks for rows, and
/// says how each ended.
///
/// At most ``Policy/Budget/into`` moves run into a node and ``Policy/Budget/outOf`` out of it, those of others
/// counted; a source's rounds follow one another. The second of two that change places belongs to no round: it begins
/// when the first is there, and waiting for it holds up nobody.
package struct PlanProgress: Sendable {
    package enum State: Equatable, Sendable {
        case waiting
        case running
        case done
        case failed
        case skipped(Skip)

        fileprivate var hasEnded: Bool { self != .waiting && self != .running }
    }

    package let plan: Plan
    package private(set) var states: [State]
    private let budget: Policy.Budget
    private var into: [NodeID: Int] = [:]
    private var outOf: [NodeID: Int] = [:]
    /// One for each source, in the order in which they first appear.
    private var queues: [RoundQueue] = []
    private var queueOf: [NodeID: Int] = [:]
    /// The second of an exchange, by the first.
    private var seconds: [Int: Int] = [:]
    private var left: Int

    /// - Parameter underWay: moves that are not of this plan.
    package init(_ plan: Plan, policy: Policy, underWay: [Inventory.Move] = []) {
        self.plan = plan
        budget = policy.budget
        states = Array(repeating: .waiting, count: plan.rows.count)
        left = plan.rows.count
        for move in underWay { occupy(move.from, move.to, 1) }
        let places = Dictionary(plan.rows.enumerated().map { ($1.tenant, $0) }) { first, _ in first }
        for (place, row) in plan.rows.enumerated() {
            if case .exchange(_, let partner) = row.reason, let first = places[partner], first < place {
                seconds[first] = place
            } else {
                enqueue(place, row)
            }
        }
    }

    private mutating func enqueue(_ place: Int, _ row: PlanRow) {
        let queue = queueOf[row.from] ?? queues.count
        if queue == queues.count {
            queues.append(RoundQueue())
            queueOf[row.from] = queue
        }
        queues[queue].add(place, round: row.round)
    }

    /// Rows that had ended before: for whoever goes on with a plan that another has begun. To be called before `next`.
    package mutating func resume(_ ended: [Int: State]) {
        let ordered = ended.sorted { (plan.rows[$0.key].round, $0.key) < (plan.rows[$1.key].round, $1.key) }
        for (place, state) in ordered where states[place] == .waiting && state.hasEnded {
            close(place, state)
            if state != .done, let second = seconds[place], states[second] == .waiting {
                close(second, .skipped(.partner(plan.rows[place].tenant)))
            }
        }
        seconds = seconds.filter { !states[$0.value].hasEnded }
    }

    package var hasEnded: Bool { left == 0 }

    /// Rows, by their place in the plan, that begin now; they count as running. Looks at one round of each source.
    package mutating func next() -> [Int] {
        let ready = queues.flatMap(\.current) + seconds.filter { states[$0.key] == .done }.map(\.value)
        var begun: [Int] = []
        for place in ready.sorted() where states[place] == .waiting {
            let row = plan.rows[place]
            guard into[row.to, default: 0] < budget.into, sends(row) else { continue }
            states[place] = .running
            occupy(row.from, row.to, 1, isTakeover: row.purpose == .failover)
            begun.append(place)
        }
        return begun
    }

    /// A running row has ended, or was skipped by its recheck.
    package mutating func end(_ place: Int, _ state: State) {
        precondition(states[place] == .running && state.hasEnded, "row \(place) cannot end as \(state)")
        let row = plan.rows[place]
        occupy(row.from, row.to, -1, isTakeover: row.purpose == .failover)
        close(place, state)
        if state != .done, let second = seconds[place] { close(second, .skipped(.partner(row.tenant))) }
        seconds = seconds.filter { !states[$0.value].hasEnded }
    }

    private mutating func close(_ place: Int, _ state: State) {
        states[place] = state
        left -= 1
        if let queue = queueOf[plan.rows[place].from] { queues[queue].close(place) }
    }

    private func sends(_ row: PlanRow) -> Bool {
        row.purpose == .failover || outOf[row.from, default: 0] < budget.outOf
    }

    private mutating func occupy(_ from: NodeID, _ to: NodeID, _ change: Int, isTakeover: Bool = false) {
        into[to, default: 0] += change
        if !isTakeover { outOf[from, default: 0] += change }
    }
}
