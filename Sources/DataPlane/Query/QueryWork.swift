import Hrana
import SQLiteKit
import Seams
import Tenants
import Vocabulary

/// Who waits for a query's answer.
protocol QueryClient: AnyObject, Sendable {
    /// Nobody wants the answer any more. Any thread.
    var isGone: Bool { get }

    /// The answer is in the work and may leave. On a lane's thread or the journal's.
    func answered(_ work: QueryWork)

    /// The engine refused the query; nothing of it lasts, and there is no answer in the work. Any thread.
    func notRun(_ work: QueryWork, _ error: TenantsError)
}

/// The statements of `POST query`, run on their tenant's thread on a stream of their own.
///
/// Atomic ones are a transaction that first only reads: one that meets another's writing is rolled back and begun anew, as a
/// writer, when it is its turn. Nothing of it has left by then.
final class QueryWork: TenantWork, @unchecked Sendable {
    // @unchecked: passed from hand to hand, never shared; queues with locks lie between.
    private(set) var answer = HranaAnswer()
    var writer = JSONWriter()
    let cancellation: WorkCancellation? = WorkCancellation()
    private let context: HranaContext
    private let call: HranaCall
    private let query: QueryRequest
    private var key: IdempotencyKey?
    private let requestID: RequestNumber
    private let began: Instant
    private var client: (any QueryClient)?

    private var stream: TenantStream?
    private var next = 0
    /// The transaction takes the write lock as it begins.
    private var beginsWriting: Bool
    private var mayHaveChanged = false
    private var hasEnded = false

    init(
        _ call: HranaCall, _ query: QueryRequest, under key: IdempotencyKey?, _ requestID: RequestNumber,
        for client: any QueryClient, _ context: HranaContext
    ) {
        self.call = call
        self.query = query
        self.key = key
        self.requestID = requestID
        self.client = client
        self.context = context
        beginsWriting = call.rights == .write && (key != nil || !call.claims.isEmpty)
        began = context.time.monotonic()
    }

    // MARK: TenantWork

    var deadline: Instant { call.deadline }
    var mayBeWithdrawn: Bool { true }

    func run(on database: TenantDatabase) -> WorkOutcome { run(on: database, mayWait: true) }

    func runWithoutWaiting(on database: TenantDatabase) -> WorkOutcome? { run(on: database, mayWait: false) }

    func refuse(_ error: TenantsError) {
        stream = nil
        guard let client = takeClient() else { return }
        guard !mayHaveChanged, !hasEnded else {
            write(.outcomeUnknown)
            return client.answered(self)
        }
        client.notRun(self, error)
    }

    func release() { takeClient()?.answered(self) }

    private func takeClient() -> (any QueryClient)? {
        defer { client = nil }
        return client
    }

    // MARK: Running

    private var isTransaction: Bool { key != nil || !call.claims.isEmpty || (query.isAtomic && !query.isSingle) }

    private func run(on database: TenantDatabase, mayWait: Bool) -> WorkOutcome {
        guard client.map({ !$0.isGone }) ?? false, stream != nil || begin(on: database) else {
            leaveOff(database)
            return .done(after: database.newestLSN)
        }
        do throws(StatementStop) {
            try runAll(on: database, mayWait: mayWait)
        } catch {
            switch error {
            case .waitForWriter:
                if isTransaction { beginAnew(database) }
                return .waitForWriter
            case .forbidden: fail(.writeForbidden, database)
            case .refused(let error): fail(error, database)
            case .failed(let failure) where isOvertaken(failure):
                beginAnew(database)
                return mayWait ? .waitForWriter : run(on: database, mayWait: false)
            case .failed(let failure): fail(failure, database)
            }
        }
        return .done(after: database.newestLSN)
    }

    /// Others wrote while a slow read of the transaction ran aside: as a writer it will see what they wrote.
    private func isOvertaken(_ failure: HranaError) -> Bool {
        failure.code == "SQLITE_BUSY" && isTransaction && !beginsWriting && call.rights == .write
    }

    /// - Returns: false if there is an answer already.
    private func begin(on database: TenantDatabase) -> Bool {
        do throws(TransportError) {
            if call.rights == .read {
                if try isDoneBefore(database) { return false }
                if !call.claims.isEmpty { throw .writeForbidden }
            }
            stream = try call.claimStream(on: database, isBrief: isTransaction || query.isSingle, context)
        } catch {
            write(error, bookmark: database.bookmark)
            return false
        }
        if !query.isSingle { writer.startPlainResults() }
        return true
    }

    private func runAll(on database: TenantDatabase, mayWait: Bool) throws(StatementStop) {
        guard let stream else { preconditionFailure("the query has no stream") }
        let session = database.session(on: stream, rights: call.rights, deadline: call.deadline)
        defer { if session.mayHaveChanged { mayHaveChanged = true } }
        let runner = StatementRunner(
            session: session, context: context, deadline: call.deadline, mayWrite: call.rights == .write,
            mayWait: mayWait, asked: call.asked)
        if isTransaction, next == 0, session.isAutocommit {
            try runner.runPlainly(beginsWriting ? "BEGIN IMMEDIATE" : "BEGIN")
            if let known = try known(runner) { return answer(again: known, database) }
        }
        while next < query.statements.count, !session.isCancelled {
            try runner.query(query.statements[next], into: &writer)
            if !query.isSingle { writer.endPlainObject() }
            next += 1
        }
        if session.isCancelled { return leaveOff(database) }
        if !query.isSingle { writer.finishPlainResults() }
        try runner.hold(call.claims)
        if key != nil { try runner.keep(&key!, answer: writer.bytes.bytes) }
        if isTransaction { try runner.runPlainly("COMMIT") }
        finish(database)
    }

    /// Everything is undone, and all begins again when the other's transaction has ended.
    private func beginAnew(_ database: TenantDatabase) {
        end(database)
        mayHaveChanged = false
        beginsWriting = call.rights == .write
        next = 0
        writer.bytes.removeAll(keepingCapacity: true)
    }

    // MARK: Idempotency

    private func known(_ runner: StatementRunner) throws(StatementStop) -> [UInt8]? {
        key == nil ? nil : try runner.kept(&key!)
    }

    /// What was done while the caller could write is not refused now. What only reads may be done twice.
    private func isDoneBefore(_ database: TenantDatabase) throws(TransportError) -> Bool {
        guard key != nil else { return false }
        guard let known = try context.kept(&key!, database) else {
            key = nil
            return false
        }
        answer(again: known, database)
        return true
    }

    private func answer(again known: [UInt8], _ database: TenantDatabase) {
        writer.bytes.removeAll(keepingCapacity: true)
        known.withUnsafeBytes { writer.bytes.append($0) }
        finish(database)
    }

    // MARK: Ends

    private func finish(_ database: TenantDatabase) {
        end(database)
        hasEnded = true
        answer.bookmark = database.bookmark
        writer.plainBookmark(database.bookmark.description)
        writer.plainDuration(nanoseconds: context.time.monotonic().nanoseconds(since: began))
        writer.endPlainObject()
    }

    private func leaveOff(_ database: TenantDatabase) {
        end(database)
        hasEnded = true
    }

    private func end(_ database: TenantDatabase) {
        guard let stream else { return }
        self.stream = nil
        database.close(stream)
    }

    private func fail(_ error: TransportError, _ database: TenantDatabase) {
        end(database)
        write(error, bookmark: database.bookmark)
    }

    private func fail(_ error: HranaError, _ database: TenantDatabase) {
        end(database)
        let failure = QueryFailure(error)
        writer.bytes.removeAll(keepingCapacity: true)
        writer.plainError(
            code: failure.code, message: error.message, sqlite: failure.sqlite,
            statement: next < query.statements.count ? next : nil, requestID: requestID.description)
        answer.status = failure.status
        answer.bookmark = database.bookmark
        hasEnded = true
    }

    private func write(_ error: TransportError, bookmark: Bookmark? = nil) {
        writer.bytes.removeAll(keepingCapacity: true)
        writer.plainError(error, requestID)
        answer = HranaAnswer(error, bookmark: bookmark)
        answer.contentType = "application/json"
        hasEnded = true
    }
}
