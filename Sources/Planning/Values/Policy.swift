/// How the fleet is to be kept. The defaults are what the service starts with.
package struct Policy: Equatable, Sendable {
    package var limits = Limits()
    package var balance = Balance()
    package var budget = Budget()
    package var coolDown = CoolDown()
    package var prediction = Prediction()
    /// When balancing may begin moves; empty: at any time. Everything more urgent ignores it.
    package var windows: [TimeWindow] = []
    /// Another node may take over a fenced node's tenants: there is an off-machine log.
    package var takesOver = false
    /// A plan that is older is not applied.
    package var planLife: Duration = .seconds(15 * 60)
    /// Rows of one plan. What does not fit is refused with how many were left.
    package var maximumRows = 20_000
    /// Refusals that are written out in one plan; the others are counted.
    package var maximumRefusals = 256
    /// Nodes among which the best target is chosen.
    package var choices = 8
    /// Nodes among which a new tenant's is chosen. Few, so that creators with the same old numbers do not all run to
    /// the same node.
    package var choicesForNew = 2

    package init() {}
}

extension Policy {
    /// What no node may exceed by a move, at any moment of it.
    package struct Limits: Equatable, Sendable {
        /// Shares of capacity after a move.
        package var ceiling = PerDimension(cpu: 0.9, writes: 0.9, bytes: 0.925, memory: 0.9)
        /// A disk this full sheds tenants until it is below `diskCalm`.
        package var diskUrgent = 0.925
        package var diskCalm = 0.85

        package init() {}
    }

    /// When and how far balancing goes.
    package struct Balance: Equatable, Sendable {
        /// Off: nothing is balanced; everything more urgent is planned all the same.
        package var isOn = true
        package var weight = PerDimension(cpu: 1, writes: 1, bytes: 0.5, memory: 0.5)
        /// Shares of capacity below which a dimension does not matter.
        package var floor = PerDimension(cpu: 0.25, writes: 0.25, bytes: 0.5, memory: 0.25)
        /// A node is shed down to the level: the floor or the fleet's mean and this much of it, whichever is higher.
        package var slack = 0.05
        /// It begins to be shed this much of the level above the level. The gap between the two is the hysteresis.
        package var hysteresis = 0.1
        /// A moved tenant's load, as shares of the difference between source and target. Half of it makes them equal.
        package var smallestMove = 0.02
        package var largestMove = 0.5
        /// Share of the source's pressure that a move must take away, per share of the source's bytes that it moves.
        package var gainPerCost = 0.5

        package init() {}
    }

    /// How much may happen at once.
    package struct Budget: Equatable, Sendable {
        /// A tenant above is big.
        package var bigBytes: Int64 = 256 << 20
        /// A round and source.
        package var bigMoves = 1
        package var smallMoves = 16
        /// Rounds of balancing in one plan.
        package var balanceRounds = 4
        /// Moves at once a node.
        package var into = 2
        package var outOf = 2
        /// What balancing may move in an hour: a share of all bytes, but at least so many that a small fleet is not
        /// stuck.
        package var hourlyShare = 0.02
        package var hourlyBytes: Int64 = 1 << 30

        package init() {}
    }

    /// How long a tenant is left alone.
    package struct CoolDown: Equatable, Sendable {
        package var tenant: Duration = .seconds(15 * 60)
        /// Before balancing takes it back where it came from.
        package var wayBack: Duration = .seconds(60 * 60)
        /// After the first failure; each further one doubles it, up to a day.
        package var failure: Duration = .seconds(15 * 60)

        package init() {}

        /// Where a node is to be stopped: that a tenant has come there a minute ago keeps nobody waiting, and what failed is tried
        /// again soon, then ever later.
        package static var drain: CoolDown {
            var span = CoolDown()
            span.tenant = .zero
            span.failure = .seconds(10)
            return span
        }
    }

    /// What a move's duration and pause are predicted from.
    package struct Prediction: Equatable, Sendable {
        /// Bytes a second that a copy and its tail go with: the bandwidth cap.
        package var rate: Int64 = 100 << 20
        /// How far the tail may be behind when writes are parked.
        package var lag: Duration = .milliseconds(50)
        package var roundTrip: Duration = .milliseconds(2)

        package init() {}
    }
}
