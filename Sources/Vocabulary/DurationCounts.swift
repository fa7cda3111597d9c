import Synchronization

/// How long something took, counted in fixed buckets. Written by one thread at a time, read by any: so a note costs a few
/// additions and no locked instruction.
package final class DurationCounts: Sendable {
    /// Upper bounds of the buckets in nanoseconds, each included; what is longer counts in one more.
    package static let bounds: [UInt64] = [
        50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
        100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
        30_000_000_000,
    ]

    private let buckets: InlineArray<19, Atomic<UInt64>>
    private let total = Atomic<UInt64>(0)

    package init() {
        buckets = InlineArray { _ in Atomic(0) }
        assert(Self.bounds.count + 1 == buckets.count)
    }

    package func note(nanoseconds: UInt64) {
        var index = 0
        while index < Self.bounds.count, nanoseconds > Self.bounds[index] { index += 1 }
        buckets[index].store(buckets[index].load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        total.store(total.load(ordering: .relaxed) &+ nanoseconds, ordering: .relaxed)
    }

    package var totals: DurationTotals {
        var totals = DurationTotals()
        for index in 0..<buckets.count { totals.counts[index] = buckets[index].load(ordering: .relaxed) }
        totals.nanoseconds = total.load(ordering: .relaxed)
        return totals
    }
}

/// Counts added up over their writers. Not one instant's picture: the writers go on while they are read.
package struct DurationTotals: Hashable, Sendable {
    /// For each of `DurationCounts.bounds`, then for what is longer; not cumulative.
    package var counts = [UInt64](repeating: 0, count: DurationCounts.bounds.count + 1)
    package var nanoseconds: UInt64 = 0

    package init() {}

    package static func += (sum: inout DurationTotals, other: DurationTotals) {
        for index in sum.counts.indices { sum.counts[index] &+= other.counts[index] }
        sum.nanoseconds &+= other.nanoseconds
    }
}
