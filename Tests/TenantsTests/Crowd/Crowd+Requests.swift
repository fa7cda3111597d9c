import CSQLite
import Journal
import SQLiteKit
import Seams
import Vocabulary

@testable import Tenants

/// A stream as a client holds it: by its ticket.
final class CrowdStream: @unchecked Sendable {
    // @unchecked: used by one request after the other, on the tenant's thread.
    private var ticket: StreamTicket?
    private var stream: TenantStream?
    private var hasEnded = false
    /// Streams that nothing would be lost with are kept all the same.
    private let isKept: Bool

    init(isKept: Bool = false) { self.isKept = isKept }

    /// - Returns: nil where there are too many, or this one has ended.
    func take(_ database: TenantDatabase) -> TenantStream? {
        if hasEnded { return nil }
        if let stream { return stream }
        stream = ticket.map { try? database.resumeStream($0) } ?? (try? database.openStream(principal: 3))
        if stream == nil { hasEnded = true }
        return stream
    }

    func end() {
        stream = nil
        hasEnded = true
    }

    func leave(_ database: TenantDatabase) {
        guard let stream else { return }
        stream.sequence += 1
        ticket = StreamTicket(stream: stream.id, sequence: stream.sequence, principal: 3, isClean: stream.isClean)
        database.leave(stream)
        if stream.isClean, !isKept { database.close(stream) }
        self.stream = nil
    }
}

/// What a body runs with.
struct CrowdCall {
    let database: TenantDatabase
    let session: SQLSession
    private let helper: Session

    init(_ database: TenantDatabase, _ session: SQLSession) {
        self.database = database
        self.session = session
        helper = Session(database, ModelTenant(database.tenant))
    }

    func execute(_ sql: String, _ values: [Session.Value] = []) throws(SQLFailure) {
        try helper.execute(sql, values, session)
    }

    /// The first column of every row.
    func integers(_ sql: String) throws(SQLFailure) -> [Int64] {
        let running = try session.start(sql)
        var found: [Int64] = []
        do throws(SQLFailure) {
            while try running.step() { found.append(running.statement.integer(0)) }
        } catch {
            _ = running.finish()
            throw error
        }
        _ = running.finish()
        return found
    }
}

extension Crowd {
    typealias Body = @Sendable (CrowdCall) throws(SQLFailure) -> Void

    /// One request on a stream.
    ///
    /// - Returns: whether it was answered with success; the stream has ended else.
    func request(_ what: String, _ id: TenantID, _ stream: CrowdStream, _ body: @escaping Body) async -> Bool {
        await submit(what, id) { [self] database, mayWait, done in
            guard let taken = stream.take(database) else {
                counts.add(.tooManyStreams)
                return .done(after: database.newestLSN)
            }
            let session = database.session(on: taken, rights: .write, deadline: .distantFuture)
            do throws(SQLFailure) {
                try body(CrowdCall(database, session))
                done.set()
                stream.leave(database)
            } catch {
                if error == .writerBusy, mayWait { return wait() }
                note(error, on: database)
                database.close(taken)
                stream.end()
            }
            return .done(after: database.newestLSN)
        }
    }

    /// One request on its own.
    func request(_ what: String, _ id: TenantID, rights: Rights = .write, _ body: @escaping Body) async -> Bool {
        await submit(what, id) { [self] database, mayWait, done in
            let stream = database.temporaryStream(principal: 1)
            defer { database.close(stream) }
            do throws(SQLFailure) {
                try body(CrowdCall(database, database.session(on: stream, rights: rights, deadline: .distantFuture)))
                done.set()
            } catch {
                if error == .writerBusy, mayWait { return wait() }
                note(error, on: database)
            }
            return .done(after: database.newestLSN)
        }
    }

    private func wait() -> WorkOutcome {
        counts.add(.waits)
        return .waitForWriter
    }

    private func submit(
        _ what: String, _ id: TenantID,
        _ run: @escaping @Sendable (_ database: TenantDatabase, _ mayWait: Bool, _ done: CrowdFlag) -> WorkOutcome
    ) async -> Bool {
        let done = CrowdFlag()
        let promise = CrowdPromise()
        let watched: @Sendable (TenantDatabase, Bool) -> WorkOutcome = { [self] database, mayWait in
            leaks.watch(database.file, "a connection to tenant \(id)")
            let outcome = run(database, mayWait, done)
            if case .done(let lsn) = outcome { promise.keep(lsn) }
            return outcome
        }
        let work = TestWork(
            onTenant: { [self] tenant in
                if tenant.openDatabase == nil { counts.add(.openings) }
                return false
            },
            onRelease: { [self] in
                // Rule J1: what the answer tells of is durable when it leaves.
                let durable = engine.journal.durableLSN
                if durable < promise.lsn { ledger.violate("an answer left at \(durable) that needs \(promise.lsn)") }
            },
            onDatabase: { watched($0, true) }, atLast: { watched($0, false) })
        let request = watch.begin("\(what) of tenant \(id)")
        engine.submit(work, to: id)
        let ending = await work.ended()
        watch.ended(request)
        if case .refused(let error) = ending {
            note(error)
        } else if done.isSet {
            return true
        }
        // As a client does that is told to come back.
        try? await Task.sleep(for: .milliseconds(2))
        return false
    }

    func note(_ error: TenantsError) {
        switch error {
        case .busy: counts.add(.queueFull)
        case .shuttingDown:
            counts.add(.refusedAtEnd)
            isOver.set()
        default: ledger.violate("\(error)")
        }
    }

    private func note(_ error: SQLFailure, on database: TenantDatabase) {
        switch error {
        case .busy: counts.add(.noRoom)
        case .overloaded: counts.add(.tooManySlow)
        case .transactionTimedOut: counts.add(.timeouts)
        case .readExpired, .recalled: counts.add(.recalls)
        case .writerBusy: counts.add(.queueFull)
        // A snapshot that is too old to be written on.
        case .sqlite(let error) where error.code == SQLITE_BUSY: counts.add(.rollbacks)
        default: ledger.violate("tenant \(database.tenant): \(error)")
        }
    }
}

/// How far the journal must be for an answer. Written on the tenant's thread, read where the answer leaves.
private final class CrowdPromise: @unchecked Sendable {
    // @unchecked: a work is released after it has run; what hands it over puts the threads in order.
    private(set) var lsn = LSN.none
    func keep(_ lsn: LSN) { self.lsn = lsn }
}
