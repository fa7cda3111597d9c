import SQLiteKit
import Seams
import Tenants

/// One statement of the load, as a request's handler would run it: on a stream of its own, through the statement cache,
/// with rights checked. Sent again and again, so that the load itself allocates nothing.
final class StatementWork: TenantWork, @unchecked Sendable {
    // @unchecked: passed from hand to hand, never shared: the driver's, the tenant's thread, whoever releases it, the
    // driver's again; queues with locks lie between.
    private static let patience: UInt64 = 30_000_000_000

    private let workload: Workload
    private let returned: ReturnedWorks
    private let time = SystemTime()
    private(set) var started = Instant(nanoseconds: 0)
    private(set) var ended = Instant(nanoseconds: 0)
    private(set) var failure: String?
    private var key: Int64 = 0

    init(_ workload: Workload, _ returned: ReturnedWorks) {
        self.workload = workload
        self.returned = returned
    }

    /// Before it is submitted.
    func begin(key: Int64) {
        self.key = key
        failure = nil
        started = time.monotonic()
    }

    func run(on database: TenantDatabase) -> WorkOutcome {
        let session = database.session(
            on: database.temporaryStream(principal: 0), rights: .write,
            deadline: started.advanced(byNanoseconds: Self.patience))
        do throws(SQLFailure) {
            try execute(session)
        } catch {
            if error == .writerBusy { return .waitForWriter }
            failure = "\(error)"
        }
        return .done(after: database.newestLSN)
    }

    private func execute(_ session: SQLSession) throws(SQLFailure) {
        let running = try session.start(workload.sql)
        defer { _ = running.finish() }
        do throws(SQLiteError) {
            try bind(running.statement)
        } catch {
            throw .sqlite(error)
        }
        var rows = 0
        while try running.step() {
            rows += 1
            // As an answer would: the columns are what makes SQLite decode the row.
            if running.statement.text(1).count != WorkTable.body.utf8.count { failure = "a row with another body" }
        }
        if workload == .reads, rows != 1 { failure = "\(rows) rows for a key" }
    }

    private func bind(_ statement: Statement) throws(SQLiteError) {
        switch workload {
        case .reads: try statement.bind(key, 1)
        case .writes:
            try statement.bind(WorkTable.name, 1)
            try statement.bind(WorkTable.body, 2)
        }
    }

    func refuse(_ error: TenantsError) {
        failure = error.description
        returned.put(self)
    }

    func release() {
        ended = time.monotonic()
        returned.put(self)
    }
}
