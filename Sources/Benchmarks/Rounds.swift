/// How long contenders are measured, and in which order.
///
/// They take turns (A B C, A B C, …), so that what drifts on the machine meets all of them: only ratios within one run are
/// worth comparing.
package struct Rounds: Sendable {
    /// Of measuring, for each contender, over all rounds.
    package var nanoseconds: UInt64
    package var count: Int
    /// Of work that is not counted, for each contender, before the first round.
    package var warmUp: UInt64

    package init(nanoseconds: UInt64, count: Int, warmUp: UInt64) {
        self.nanoseconds = nanoseconds
        self.count = max(1, count)
        self.warmUp = warmUp
    }

    /// - Parameters:
    ///   - directory: holds the contenders' files. Before each turn all that was written there is synced, outside of what
    ///     is measured: what the last one left to be written must not be paid for by the next.
    ///   - note: told what is about to run, and how much of all turns is done (0 to 1).
    /// - Returns: for each contender the sum of its rounds.
    /// - Throws: `.interrupted` where the flag was set, and what a contender throws.
    package func run(
        _ contenders: [any Contender], in directory: String, until stop: StopFlag, note: (String, Double) -> Void
    ) throws(BenchmarkError) -> [Measurement] {
        let meter = UsageMeter(directory: directory)
        var sums = contenders.map { _ in Measurement() }
        let turns = plan(contenders.count)
        try DiskRest.take(directory)
        for (done, turn) in turns.enumerated() {
            let contender = contenders[turn.contender]
            note("\(contender.name), \(turn.label)", Double(done) / Double(turns.count))
            var measured = try contender.run(nanoseconds: turn.nanoseconds, until: stop)
            let end = meter.read()
            if stop.isSet { throw .interrupted }
            contender.rest(until: stop)
            try DiskRest.take(directory)
            measured.deviceLater = meter.read().since(end).device
            if turn.counts { sums[turn.contender].add(measured) }
        }
        return sums
    }

    struct Turn: Equatable {
        let contender: Int
        let nanoseconds: UInt64
        let label: String
        let counts: Bool
    }

    /// Who runs when.
    func plan(_ contenders: Int) -> [Turn] {
        var turns: [Turn] = []
        if warmUp > 0 {
            turns += (0..<contenders).map { Turn(contender: $0, nanoseconds: warmUp, label: "warm-up", counts: false) }
        }
        for round in 1...count {
            turns += (0..<contenders).map { contender in
                Turn(
                    contender: contender, nanoseconds: nanoseconds / UInt64(count), label: "round \(round) of \(count)",
                    counts: true)
            }
        }
        return turns
    }
}
