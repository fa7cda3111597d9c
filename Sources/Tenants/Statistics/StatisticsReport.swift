import Seams
package import Vocabulary

/// A tenant's statistics at one moment.
package struct StatisticsReport: Sendable {
    package struct Statement: Sendable {
        /// Without literals.
        package let text: String
        package let count: UInt64
        package let rowsRead: Int64
        package let rowsWritten: Int64
        /// Nanoseconds.
        package let total: UInt64
        package let longest: UInt64
    }

    package let bytes: Int64
    package let bookmark: Bookmark
    package let totals: StatementTotals
    /// Since when latencies and single statements are counted.
    package let opened: WallTime
    /// Nanoseconds, by share of the statements.
    package let latencies: (half: UInt64, ninety: UInt64, ninetyNine: UInt64, longest: UInt64)
    package let statements: [Statement]
}

extension StatisticsReport {
    /// Those that took the most time together.
    package func top(_ count: Int) -> [Statement] {
        Array(statements.sorted { ($0.total, $1.text) > ($1.total, $0.text) }.prefix(count))
    }

    /// Those that took the longest once.
    package func slowest(_ count: Int) -> [Statement] {
        Array(statements.sorted { ($0.longest, $1.text) > ($1.longest, $0.text) }.prefix(count))
    }
}

extension TenantDatabase {
    package var statisticsReport: StatisticsReport {
        let latencies = statistics.latencies
        return StatisticsReport(
            bytes: Int64(state.pageCount) * Int64(PageHash.pageSize), bookmark: bookmark, totals: statistics.totals,
            opened: max(statistics.opened, statistics.totals.since),
            latencies: (
                latencies.percentile(0.5), latencies.percentile(0.9), latencies.percentile(0.99), latencies.longest
            ),
            statements: statistics.tallies.map { tally in
                StatisticsReport.Statement(
                    text: tally.text, count: tally.count, rowsRead: tally.rowsRead, rowsWritten: tally.rowsWritten,
                    total: tally.total, longest: tally.longest)
            })
    }

    package func resetStatistics() { statistics.reset(at: context.time.wall()) }
}
