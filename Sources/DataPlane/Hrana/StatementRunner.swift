import Hrana
import SQLiteKit
import Seams
import Tenants

/// Runs single statements on a session and writes what they give. On the tenant's thread, for one turn of a work.
struct StatementRunner {
    let session: SQLSession
    let context: HranaContext
    let deadline: Instant
    let mayWrite: Bool
    /// False where the tenant has no room for one more that waits for the writer.
    let mayWait: Bool
    /// Nanoseconds that the request asks for; 0 where it does not say.
    var asked: UInt64 = 0
    /// The program is done under an idempotency key.
    var once: OnceTransaction?

    /// Runs a statement to its end and writes its result. When this throws the writer is as it was.
    ///
    /// - Parameter wantsRows: else the result has no rows, though all are stepped through.
    func execute(
        _ sql: String, _ request: Hrana.Statement, wantsRows: Bool, into writer: inout AnswerWriter
    ) throws(StatementStop) {
        let mark = writer.bytes.count
        do throws(StatementStop) {
            let started = context.time.monotonic()
            var summary = StatementSummary()
            let role = once.map { _ in sql.withRawUTF8 { SQLText.role($0) } }
            let isTaken = try isTaken(sql, role, request)
            if isTaken ? true : try runSpecial(sql, request) {
                writer.startStatementResult()
                writer.startRows()
            } else {
                let running = try start(sql, request, isOwn: false)
                summary = try run(running, wantsRows: wantsRows, into: &writer)
            }
            summary.nanoseconds = context.time.monotonic().nanoseconds(since: started)
            writer.finishStatementResult(summary)
            if let role { once?.noteDone(role) }
        } catch {
            writer.bytes.truncate(to: mark)
            throw error
        }
    }

    private func run(
        _ running: RunningStatement, wantsRows: Bool, into writer: inout AnswerWriter
    ) throws(StatementStop) -> StatementSummary {
        let limit = context.limits.resultBytes
        do throws(StatementStop) {
            // The first step may compile again after a change of the schema: only then the columns are sure.
            var hasRow = try step(running)
            writer.startStatementResult()
            writer.columns(of: running.statement)
            writer.startRows()
            while hasRow {
                if wantsRows {
                    writer.startRow()
                    try writer.values(of: running.statement, upTo: limit)
                    writer.endRow()
                }
                hasRow = try step(running)
            }
        } catch {
            running.giveUp()
            throw error
        }
        return StatementSummary(running.finish())
    }

    // MARK: Parts, also of cursors

    /// Compiles, binds, and makes ready to step.
    func start(_ sql: String, _ request: Hrana.Statement, isOwn: Bool) throws(StatementStop) -> RunningStatement {
        try checkDeadline(sql)
        let running: RunningStatement
        do throws(SQLFailure) {
            running = isOwn ? try session.startOwn(sql) : try session.start(sql)
        } catch {
            throw stop(error, .preparing)
        }
        do throws(StatementStop) {
            try running.statement.bind(request)
            return running
        } catch {
            _ = running.finish()
            throw error
        }
    }

    func step(_ running: RunningStatement) throws(StatementStop) -> Bool {
        do throws(SQLFailure) {
            return try running.step()
        } catch {
            throw stop(error, .running)
        }
    }

    /// Statements that SQLite is not given.
    ///
    /// - Returns: whether it was one; it has run then.
    func runSpecial(_ sql: String, _ request: Hrana.Statement) throws(StatementStop) -> Bool {
        guard let special = sql.withRawUTF8({ SQLText.special($0) }) else { return false }
        guard sql.withRawUTF8({ SQLText.content($0, after: special.end) }) == nil else {
            throw .failed(.manyStatements)
        }
        guard request.hasNoArguments else { throw .failed(.noParameters) }
        try run(special.statement)
        return true
    }

    func run(_ special: SQLText.Special) throws(StatementStop) {
        switch special {
        case .vacuum(.main):
            try checkDeadline("")
            // Asked again and again until it is done: it has the time of the whole request, from its beginning.
            session.deadline = deadline
            try onSession { () throws(SQLFailure) in try session.compact() }
        case .vacuum(let form): try refuse(form)
        case .beginReadOnly: try onSession { () throws(SQLFailure) in _ = try session.beginReadOnly() }
        }
    }

    private func onSession(_ body: () throws(SQLFailure) -> Void) throws(StatementStop) {
        do throws(SQLFailure) { try body() } catch { throw stop(error, .running) }
    }

    private func refuse(_ vacuum: SQLText.Vacuum) throws(StatementStop) {
        switch vacuum {
        case .main, .temporary: break
        case .into: throw .failed(.vacuumInto)
        case .unknownSchema(let name): throw .failed(.unknownDatabase(name))
        case .malformed(let token): throw .failed(.syntaxError(near: token))
        }
    }

    func stop(_ failure: SQLFailure, _ phase: StatementFailure.Phase) -> StatementStop {
        switch failure {
        case .writerBusy where mayWait: .waitForWriter
        case .lacksWriteRight where !mayWrite: .forbidden
        default: .failed(StatementFailure.error(failure, phase))
        }
    }

    /// After the deadline nothing begins, but what ends a transaction.
    func checkDeadline(_ sql: String) throws(StatementStop) {
        let now = context.time.monotonic()
        guard now < deadline || sql.withRawUTF8({ SQLText.firstKeyword($0) }) == "ROLLBACK" else {
            throw .failed(.deadlineExceeded)
        }
        session.deadline = min(deadline, now.advanced(byNanoseconds: max(asked, context.limits.statementTime)))
    }
}

extension StatementSummary {
    init(_ execution: ExecutionSummary) {
        self.init(
            affectedRows: execution.affectedRows, lastInsertRowID: execution.lastInsertRowID,
            rowsRead: execution.rowsRead, rowsWritten: execution.rowsWritten)
    }
}

extension Hrana.Statement {
    var hasNoArguments: Bool { arguments.isEmpty && namedArguments.isEmpty }
}

extension HranaError {
    static let noParameters = HranaError(
        "The statement has no parameters, the request has arguments", code: HranaErrorCode.argumentsInvalid)
}
