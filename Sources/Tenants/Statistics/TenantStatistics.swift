import Vocabulary

/// What a tenant's statements cost, counted always: for each statement a few additions, and a look into a table only where its text was
/// compiled anew. On the tenant's thread; what it waits for others and for the disk is not in it.
///
/// Totals outlive the tenant's closing, the rest does not; nothing outlives the process.
final class TenantStatistics {
    /// Statements in the table; of more, those that took the least time leave.
    static let statements = 64

    let opened: WallTime
    private(set) var totals: StatementTotals
    private(set) var latencies = LatencyHistogram()
    private var table: [String: StatementTally] = [:]
    private let tenant: TenantID
    private let keep: StatisticsKeep
    private let load: LoadCounter

    init(_ tenant: TenantID, _ keep: StatisticsKeep, load: LoadCounter, opened: WallTime) {
        self.tenant = tenant
        self.keep = keep
        self.load = load
        self.opened = opened
        totals = keep.take(tenant) ?? StatementTotals(since: opened)
    }

    deinit {
        releaseTable()
        if totals.statements > 0 { keep.keep(totals, of: tenant) }
    }

    var tallies: Dictionary<String, StatementTally>.Values { table.values }

    /// A statement has ended.
    func note(
        _ entry: CachedStatement, nanoseconds: UInt64, rowsRead: Int64, rowsWritten: Int64, hasFailed: Bool
    ) {
        totals.statements &+= 1
        totals.nanoseconds &+= nanoseconds
        totals.rowsRead &+= rowsRead
        totals.rowsWritten &+= rowsWritten
        if hasFailed { totals.failures &+= 1 }
        latencies.add(nanoseconds)
        load.ran(nanoseconds)
        tally(of: entry)?.add(nanoseconds, rowsRead: rowsRead, rowsWritten: rowsWritten)
    }

    func reset(at now: WallTime) {
        totals = StatementTotals(since: now)
        latencies = LatencyHistogram()
        releaseTable()
    }

    // MARK: The table

    private func tally(of entry: CachedStatement) -> StatementTally? {
        if let known = entry.tally, known.isListed { return known }
        let text = entry.tally?.text ?? StatementText.normalised(entry.key.sql)
        if let listed = table[text] {
            entry.tally = listed
            return listed
        }
        // Anew: what it counted before it left is gone.
        let fresh = StatementTally(text)
        entry.tally = fresh
        if table.count >= Self.statements { removeLeast() }
        guard keep.reserve(fresh.bytes) else { return nil }
        fresh.isListed = true
        table[text] = fresh
        return fresh
    }

    private func removeLeast() {
        guard let least = table.values.min(by: { $0.total < $1.total }) else { return }
        least.isListed = false
        table[least.text] = nil
        keep.release(least.bytes)
    }

    private func releaseTable() {
        for tally in table.values {
            tally.isListed = false
            keep.release(tally.bytes)
        }
        table.removeAll()
    }
}
