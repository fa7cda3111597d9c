import Benchmarks
import Testing

/// Each benchmark at its smallest: that it runs, counts and ends, never how fast.
struct EngineBenchmarkTests {
    @Test func `writes and reads are counted for every contender`() async throws {
        let folder = try Folder()
        let comparisons = try await small(folder).run(until: StopFlag(), note: { _, _ in })
        #expect(comparisons.map(\.workload) == [.writes, .reads])
        #expect(comparisons.map(\.lines.count) == [3, 2])
        for line in comparisons.flatMap(\.lines) {
            let measured = line.measurement
            #expect(measured.operations > 0, "\(line.name)")
            #expect(measured.failures.isEmpty, "\(line.name): \(measured.failures)")
            #expect(measured.latencies.count == measured.operations)
            #expect(measured.nanoseconds >= 40_000_000)
            #expect(measured.usage.cpu ?? 0 > 0)
        }
    }

    @Test func `durable writes sync the journal, reads do not write to it`() async throws {
        let folder = try Folder()
        let comparisons = try await small(folder).run(until: StopFlag(), note: { _, _ in })
        let writes = try #require(comparisons.first?.lines.first?.measurement)
        #expect(try #require(writes.syncs) > 0)
        #expect(try #require(writes.logBytes) >= Int64(writes.operations) * 80)
        let reads = try #require(comparisons.last?.lines.first?.measurement)
        #expect(reads.logBytes == 0)
    }

    @Test func `a set flag ends a long run at once`() async throws {
        let folder = try Folder()
        var benchmark = small(folder)
        benchmark.rounds = Rounds(nanoseconds: 3_600_000_000_000, count: 1, warmUp: 0)
        let stop = StopFlag()
        let long = benchmark
        await #expect(throws: BenchmarkError.interrupted) {
            _ = try await long.run(until: stop, note: { text, _ in if text.contains("in flight") { stop.set() } })
        }
    }

    private func small(_ folder: Folder) -> EngineBenchmark {
        var benchmark = EngineBenchmark(
            directory: folder.path, rounds: Rounds(nanoseconds: 80_000_000, count: 2, warmUp: 20_000_000))
        benchmark.stage.tenants = 5
        benchmark.peerThreads = 2
        benchmark.inFlight = 8
        return benchmark
    }
}
