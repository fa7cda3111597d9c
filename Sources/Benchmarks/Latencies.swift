import Histogram

/// How long operations took, in nanoseconds, to three digits and up to a minute; longer ones count as a minute.
package struct Latencies: Sendable {
    private static let longest: UInt64 = 60_000_000_000

    private var histogram = Histogram<UInt32>(highestTrackableValue: longest, numberOfSignificantValueDigits: .three)

    package init() {}

    package mutating func record(_ nanoseconds: UInt64) {
        histogram.record(min(nanoseconds, Self.longest))
    }

    package mutating func add(_ other: Latencies) { histogram.add(other.histogram) }

    package var count: Int { Int(histogram.totalCount) }

    /// - Returns: nil where nothing was recorded.
    package var summary: LatencySummary? {
        guard histogram.totalCount > 0 else { return nil }
        return LatencySummary(
            p50: histogram.valueAtPercentile(50), p99: histogram.valueAtPercentile(99),
            p999: histogram.valueAtPercentile(99.9), longest: histogram.max, mean: UInt64(histogram.mean))
    }
}

/// Nanoseconds.
package struct LatencySummary: Sendable, Equatable {
    package let p50: UInt64
    package let p99: UInt64
    package let p999: UInt64
    package let longest: UInt64
    package let mean: UInt64
}
