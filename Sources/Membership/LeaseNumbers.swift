/// The durations of a lease, in nanoseconds; the same on every node of a cluster.
package struct LeaseNumbers: Equatable, Sendable {
    package let timeToLive: UInt64
    package let renewEvery: UInt64
    /// How far two machines' clocks may run apart, in thousandths.
    package let drift: UInt64
    package let margin: UInt64

    package static let standard = LeaseNumbers(
        timeToLive: 6_000_000_000, renewEvery: 2_000_000_000, drift: 10, margin: 500_000_000)!

    /// - Returns: nil unless a holder has time for at least two renewals before it must stop.
    package init?(timeToLive: UInt64, renewEvery: UInt64, drift: UInt64, margin: UInt64) {
        let slack = (timeToLive / 1000).multipliedReportingOverflow(by: drift)
        guard !slack.overflow, drift < 1000, renewEvery > 0, timeToLive < 1 << 60, margin < 1 << 60,
            slack.partialValue + margin < timeToLive,
            (timeToLive - slack.partialValue - margin) / 2 >= renewEvery
        else { return nil }
        self.timeToLive = timeToLive
        self.renewEvery = renewEvery
        self.drift = drift
        self.margin = margin
    }

    /// How long one renewal waits for its answer. With the pause after a miss, a quarter, it makes up the interval: a catalog
    /// that does not answer is asked as often as one that does.
    package var answerLimit: UInt64 { renewEvery - missPause }
    var missPause: UInt64 { renewEvery / 4 }

    private var slack: UInt64 { timeToLive / 1000 * drift }

    /// How long after *sending* a renewal its holder may serve: TTL·(1−ρ) − margin.
    package var holderSpan: UInt64 { timeToLive - slack - margin }

    /// How long an observer must have seen one beat before it may fence: TTL·(1+ρ) + margin.
    package var observerSpan: UInt64 { timeToLive + slack + margin }
}
