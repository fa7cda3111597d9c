import Testing

@testable import Benchmarks

struct CountingTests {
    @Test func `contenders take turns, after a warm-up that does not count`() {
        let turns = Rounds(nanoseconds: 90, count: 3, warmUp: 10).plan(2)
        #expect(turns.map(\.contender) == [0, 1, 0, 1, 0, 1, 0, 1])
        #expect(turns.map(\.counts) == [false, false, true, true, true, true, true, true])
        #expect(turns.filter(\.counts).allSatisfy { $0.nanoseconds == 30 })
    }

    @Test func `rounds add up, and failures stay apart from operations`() {
        var sum = Measurement()
        for round in 1...3 {
            var measured = Measurement()
            measured.operations = 10 * round
            measured.nanoseconds = 1_000_000_000
            measured.latencies.record(UInt64(round) * 1_000)
            measured.noteFailure("refused", times: 2)
            measured.usage.cpu = 1_000_000
            measured.deviceLater = 600
            sum.add(measured)
        }
        #expect(sum.operations == 60)
        #expect(sum.rate == 20)
        #expect(sum.failureCount == 6)
        #expect(sum.cpuMicroseconds == 50)
        #expect(sum.deviceBytesLater == 30)
        #expect(sum.syncRate == nil)
        #expect(sum.latencies.count == 3)
    }

    @Test func `kinds of failure are bounded and none is lost`() {
        var measured = Measurement()
        for number in 0..<100 { measured.noteFailure("reason \(number)") }
        #expect(measured.failureCount == 100)
        #expect(measured.failures.count == 17)
    }

    @Test func `percentiles are of what was recorded`() throws {
        var latencies = Latencies()
        for value in 1...1_000 { latencies.record(UInt64(value) * 1_000) }
        let summary = try #require(latencies.summary)
        #expect((499_000...501_000).contains(summary.p50))
        #expect((989_000...991_000).contains(summary.p99))
        #expect(Latencies().summary == nil)
    }

    @Test func `the same seed gives the same choices, and all of them`() {
        var first = Dice(seed: 9)
        var second = Dice(seed: 9)
        let choices = (0..<1_000).map { _ in first.next(below: 10) }
        #expect(choices == (0..<1_000).map { _ in second.next(below: 10) })
        #expect(Set(choices) == Set(0..<10))
    }

    @Test func `a ratio compares rates, ours with each other's`() {
        func measured(_ operations: Int) -> Measurement {
            var measurement = Measurement()
            measurement.operations = operations
            measurement.nanoseconds = 1_000_000_000
            return measurement
        }
        let comparison = Comparison(
            workload: .writes, contenders: [("ours", measured(300)), ("half", measured(150)), ("none", measured(0))])
        #expect(comparison.lines.map(\.ratio) == [nil, 2, nil])
    }
}
