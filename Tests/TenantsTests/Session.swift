import CSQLite
import SQLiteKit
import Seams
import Simulator
import Synchronization
import Vocabulary

@testable import Tenants

/// Runs changes as a caller would and tells the model what they did.
struct Session {
    let database: TenantDatabase
    let model: ModelTenant

    init(_ database: TenantDatabase, _ model: ModelTenant) {
        self.database = database
        self.model = model
    }

    /// An autocommit statement on a stream of its own.
    func perform(_ change: Change) -> WorkOutcome {
        let stream = database.temporaryStream(principal: 1)
        defer { database.close(stream) }
        let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
        var next = model.now
        do {
            try run(change, in: session, &next)
        } catch .writerBusy {
            return .waitForWriter
        } catch {
            expect(error, of: change)
            next = model.now
        }
        settle(next)
        return .done(after: database.newestLSN)
    }

    /// After a statement outside of a transaction, or the end of one.
    func settle(_ next: ModelState) {
        let facts = database.state
        var next = next
        if facts == model.now.facts {
            // Nothing was written: then nothing may have changed.
            if next.rows != model.now.rows || next.tables != model.now.tables {
                model.violate("a change made no commit")
            }
            return
        }
        next.facts = facts
        model.append(next)
    }

    /// - Throws: what SQLite says; the rows are as they were then.
    func run(_ change: Change, in session: SQLSession, _ state: inout ModelState) throws(SQLFailure) {
        switch change {
        case .insert(let ids, let bytes, let seed):
            for id in ids { try insert(id, Self.value(bytes, seed, id), in: session, &state, all: ids) }
        case .update(let above, let bytes, let seed):
            let value = Self.value(bytes, seed, 0)
            try execute("UPDATE t SET v = ?2, k = k + 1 WHERE id > ?1", [.integer(above), .blob(value)], session)
            for id in state.rows.keys where id > above { state.rows[id] = Self.hash(value) }
        case .delete(let above):
            try execute("DELETE FROM t WHERE id > ?1", [.integer(above)], session)
            for id in state.rows.keys where id > above { state.rows[id] = nil }
        case .createTable(let number):
            try execute("CREATE TABLE IF NOT EXISTS u\(number)(a TEXT, b, UNIQUE(a, b))", [], session)
            state.tables.insert(number)
        case .dropTable(let number):
            try execute("DROP TABLE IF EXISTS u\(number)", [], session)
            state.tables.remove(number)
        case .vacuum(let pages): try execute("PRAGMA incremental_vacuum(\(pages))", [], session)
        case .duplicate: try execute("INSERT INTO t(id) VALUES (9000), (9000)", [], session)
        case .read: try execute("SELECT count(*), sum(length(v)) FROM t", [], session)
        }
    }

    /// All rows of a range in one statement.
    private func insert(
        _ id: Int64, _ value: [UInt8], in session: SQLSession, _ state: inout ModelState, all: ClosedRange<Int64>
    ) throws(SQLFailure) {
        guard id == all.lowerBound else { return }
        try execute(
            """
            WITH RECURSIVE c(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM c WHERE i < ?2)
            INSERT OR REPLACE INTO t SELECT i, i % 7, ?3 FROM c
            """, [.integer(all.lowerBound), .integer(all.upperBound), .blob(value)], session)
        for id in all { state.rows[id] = Self.hash(value) }
    }

    // MARK: SQL

    enum Value {
        case integer(Int64)
        case blob([UInt8])
    }

    func execute(_ sql: String, _ values: [Value], _ session: SQLSession) throws(SQLFailure) {
        let running = try session.start(sql)
        do throws(SQLFailure) {
            try bind(values, to: running.statement)
            while try running.step() {}
        } catch {
            _ = running.finish()
            throw error
        }
        _ = running.finish()
    }

    private func bind(_ values: [Value], to statement: Statement) throws(SQLFailure) {
        do throws(SQLiteError) {
            for (index, value) in values.enumerated() {
                switch value {
                case .integer(let number): try statement.bind(number, Int32(index + 1))
                case .blob(let bytes):
                    let code: Result<Void, SQLiteError> = bytes.withUnsafeBytes { raw in
                        do throws(SQLiteError) {
                            return .success(try statement.bind(blob: raw, Int32(index + 1)))
                        } catch {
                            return .failure(error)
                        }
                    }
                    try code.get()
                }
            }
        } catch {
            throw .sqlite(error)
        }
    }

    /// Errors that the workload brings on itself; anything else is a violation.
    func expect(_ error: SQLFailure, of change: Change) {
        switch error {
        case .busy, .transactionTooLarge, .diskFull, .transactionTimedOut: return
        case .sqlite(let error):
            if case .duplicate = change, error.code == SQLITE_CONSTRAINT { return }
            // The disk is gone.
            if error.code == SQLITE_IOERR || error.code == SQLITE_CANTOPEN || error.code == SQLITE_INTERRUPT { return }
            model.violate("\(change) failed: \(error)")
        default: model.violate("\(change) failed: \(error)")
        }
    }

    static func value(_ bytes: Int, _ seed: UInt64, _ id: Int64) -> [UInt8] {
        SeededRandom(seed: seed).bytes(min(bytes, 64)).repeated(to: bytes)
    }

    static func hash(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { PageHash.xxh64($0, seed: 7) } }
}

extension [UInt8] {
    /// Random enough not to compress away wholly, quick enough for thousands of them.
    func repeated(to count: Int) -> [UInt8] {
        guard !isEmpty else { return [] }
        var result: [UInt8] = []
        result.reserveCapacity(count)
        var round: UInt8 = 0
        while result.count < count {
            for byte in self where result.count < count { result.append(byte &+ round) }
            round &+= 1
        }
        return result
    }
}

/// An interactive transaction of one stream, request by request.
final class OpenTransaction: @unchecked Sendable {
    // @unchecked: used on the tenant's thread, one request after the other.
    private let model: ModelTenant
    private var ticket: StreamTicket?
    private var state: ModelState?
    private var saved: ModelState?

    init(_ model: ModelTenant) { self.model = model }

    private func work(_ body: @escaping @Sendable (Session, SQLSession) throws(SQLFailure) -> Void) -> TestWork {
        let seen = Mutex(0)
        return TestWork(onRelease: { [model] in model.tell(seen.withLock { $0 }) }) { [self] database in
            defer { seen.withLock { $0 = model.version } }
            guard let stream = take(database) else { return .done(after: database.newestLSN) }
            defer { ticket?.sequence = stream.sequence }
            let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
            do throws(SQLFailure) {
                try body(Session(database, model), session)
            } catch .writerBusy {
                stream.isInUse = false
                return .waitForWriter
            } catch {
                // Whatever it was, this caller gives up.
                Session(database, model).expect(error, of: .read)
                database.close(stream)
                state = nil
                ticket = nil
                return .done(after: database.newestLSN)
            }
            stream.sequence += 1
            database.leave(stream)
            if stream.isClean { database.close(stream) }
            return .done(after: database.newestLSN)
        }
    }

    /// The stream, unless a crash, a drop or a timeout has ended it.
    private func take(_ database: TenantDatabase) -> TenantStream? {
        guard let ticket else { return nil }
        guard let stream = try? database.resumeStream(ticket) else {
            self.ticket = nil
            state = nil
            return nil
        }
        return stream
    }

    func begin() -> TestWork {
        let seen = Mutex(0)
        return TestWork(onRelease: { [model] in model.tell(seen.withLock { $0 }) }) { [self] database in
            defer { seen.withLock { $0 = model.version } }
            guard let stream = try? database.openStream(principal: 9) else { return .done(after: database.newestLSN) }
            let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
            do throws(SQLFailure) {
                try Session(database, model).execute("BEGIN IMMEDIATE", [], session)
            } catch {
                database.close(stream)
                if error == .writerBusy { return .waitForWriter }
                Session(database, model).expect(error, of: .read)
                return .done(after: database.newestLSN)
            }
            state = model.now
            stream.sequence = 1
            ticket = StreamTicket(stream: stream.id, sequence: 1, principal: 9, isClean: false)
            database.leave(stream)
            return .done(after: database.newestLSN)
        }
    }

    func change(seed: UInt64) -> TestWork {
        work { [self] helper, session throws(SQLFailure) in
            let random = SeededRandom(seed: seed)
            guard var next = state else { return }
            switch random.below(5) {
            case 0:
                try helper.execute("SAVEPOINT s", [], session)
                saved = next
            case 1 where saved != nil:
                try helper.execute("ROLLBACK TO s", [], session)
                next = saved!
            default:
                let change = Change.random(random)
                if case .vacuum = change { return }
                do throws(SQLFailure) {
                    try helper.run(change, in: session, &next)
                } catch {
                    guard case .duplicate = change else { throw error }
                    next = state!
                }
            }
            state = next
        }
    }

    func commit() -> TestWork {
        work { [self] helper, session throws(SQLFailure) in
            guard let next = state else { return }
            try helper.execute("COMMIT", [], session)
            helper.settle(next)
            state = nil
        }
    }

    func rollBack() -> TestWork {
        work { [self] helper, session throws(SQLFailure) in
            guard state != nil else { return }
            let before = helper.database.state
            try helper.execute("ROLLBACK", [], session)
            if helper.database.state != before { model.violate("a rollback made a commit") }
            state = nil
        }
    }
}

/// A transaction that only reads and stays open over other works of its tenant.
final class OpenReader: @unchecked Sendable {
    // @unchecked: used on the tenant's thread.
    private let model: ModelTenant
    private var ticket: StreamTicket?

    init(_ model: ModelTenant) { self.model = model }

    /// Begins it, or ends it.
    func turn() -> TestWork {
        let seen = Mutex(0)
        return TestWork(onRelease: { [model] in model.tell(seen.withLock { $0 }) }) { [self] database in
            defer { seen.withLock { $0 = model.version } }
            let known = ticket.flatMap { try? database.resumeStream($0) }
            ticket = nil
            if let known {
                database.close(known)
            } else if let stream = try? database.openStream(principal: 8) {
                begin(stream, database)
            }
            return .done(after: database.newestLSN)
        }
    }

    private func begin(_ stream: TenantStream, _ database: TenantDatabase) {
        let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
        let helper = Session(database, model)
        do throws(SQLFailure) {
            try helper.execute("BEGIN", [], session)
            try helper.execute("SELECT count(*) FROM t", [], session)
        } catch {
            helper.expect(error, of: .read)
            return database.close(stream)
        }
        stream.sequence = 1
        ticket = StreamTicket(stream: stream.id, sequence: 1, principal: 8, isClean: false)
        database.leave(stream)
    }
}
