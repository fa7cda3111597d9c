import Benchmarks
import Seams

/// One look-up again and again for some time, and how long each took.
struct CatalogLoop: Sendable {
    let nanoseconds: UInt64
    let stop: StopFlag

    /// What takes less than a look at the clock is timed by the hundred.
    private static let together = 100

    /// - Parameter inFlight: look-ups under way at once.
    /// - Throws: what `body` throws; `BenchmarkError.interrupted`.
    func run(
        inFlight: Int, _ body: @escaping @Sendable (inout Dice) async throws -> Void
    ) async throws -> Measurement {
        let start = SystemTime().monotonic()
        let end = start.advanced(byNanoseconds: nanoseconds)
        var whole = Measurement()
        try await withThrowingTaskGroup(of: Measurement.self) { group in
            for seed in 0..<inFlight {
                group.addTask { try await repeated(UInt64(seed), until: end, body) }
            }
            for try await part in group { whole.add(part) }
        }
        whole.nanoseconds = SystemTime().monotonic().nanoseconds(since: start)
        if stop.isSet { throw BenchmarkError.interrupted }
        return whole
    }

    private func repeated(
        _ seed: UInt64, until end: Instant, _ body: (inout Dice) async throws -> Void
    ) async throws -> Measurement {
        var measurement = Measurement()
        var dice = Dice(seed: seed)
        var now = SystemTime().monotonic()
        while now < end, !stop.isSet {
            try await body(&dice)
            let then = SystemTime().monotonic()
            measurement.latencies.record(then.nanoseconds(since: now))
            measurement.operations += 1
            now = then
        }
        return measurement
    }

    /// For look-ups in memory, one after the other.
    func runQuick(_ body: (inout Dice) throws -> Void) throws -> Measurement {
        var measurement = Measurement()
        var dice = Dice(seed: 7)
        let start = SystemTime().monotonic()
        let end = start.advanced(byNanoseconds: nanoseconds)
        var now = start
        while now < end, !stop.isSet {
            for _ in 0..<Self.together { try body(&dice) }
            let then = SystemTime().monotonic()
            measurement.latencies.record(then.nanoseconds(since: now) / UInt64(Self.together))
            measurement.operations += Self.together
            now = then
        }
        measurement.nanoseconds = now.nanoseconds(since: start)
        if stop.isSet { throw BenchmarkError.interrupted }
        return measurement
    }
}
