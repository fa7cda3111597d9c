/// Looks for the best next step of balancing. Keeps the sorted lists, which stay valid while tenants only leave them,
/// and what became of each overload's last search.
struct Search {
    struct Move {
        var tenant: Int
        var target: Int
        var gain: Double
        /// Gain per cost; the best has the highest.
        var score: Double
    }

    struct Exchange {
        var tenant: Int
        /// Comes back from the target.
        var partner: Int
        var target: Int
        var gain: Double
        var score: Double
    }

    struct Outcome {
        var tally = Tally()
        var isOutOfRounds = false
        var isOutOfBytes = false
    }

    /// The bound on a step's work: pairs of tenant and target that are weighed at most, in each of its four passes, but
    /// `leastWidth` tenants for every target.
    static let width = 256
    static let leastWidth = 8

    /// Of the hour's.
    var bytesLeft: Int64
    var outcomes: [Overload: Outcome] = [:]
    private var lists: [Overload: Candidates] = [:]

    init(bytesLeft: Int64) { self.bytesLeft = bytesLeft }

    mutating func candidates(_ overload: Overload, _ fleet: Fleet) -> Candidates {
        if let known = lists[overload] { return known }
        let made = Candidates(overload, fleet)
        lists[overload] = made
        return made
    }

    mutating func note(_ overload: Overload, _ change: (inout Outcome) -> Void) {
        change(&outcomes[overload, default: Outcome()])
    }

    /// Whether a source may still begin a move of so many bytes in this plan and hour.
    mutating func allows(_ bytes: Int64, from node: Int, _ rounds: [Rounds], _ fleet: Fleet, for overload: Overload)
        -> Bool
    {
        let budget = fleet.policy.budget
        guard rounds[node].next(bytes, budget) < budget.balanceRounds else {
            note(overload) { $0.isOutOfRounds = true }
            return false
        }
        guard bytes <= bytesLeft else {
            note(overload) { $0.isOutOfBytes = true }
            return false
        }
        return true
    }

    /// Nodes that have less of the dimension, the emptiest first.
    func targets(_ overload: Overload, _ fleet: Fleet) -> [Int] {
        let less = fleet.open.filter { $0 != overload.node && fleet.gap(overload.node, $0, overload.dimension) > 0 }
        let shares = less.map { (share: fleet.books[$0].share(overload.dimension), node: $0) }
        return shares.sorted { ($0.share, $0.node) < ($1.share, $1.node) }.map(\.node)
    }
}
