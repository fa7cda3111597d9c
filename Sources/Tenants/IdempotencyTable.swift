import CSQLite
import SQLiteKit
package import Vocabulary

/// Answers that were given under an idempotency key, kept in the tenant itself (`_rowhouse_idempotency`): with the
/// commit that they tell of, in one transaction, so that neither is ever there without the other, wherever the tenant goes.
///
/// Used inside an open transaction of a stream. Answers are kept for a day, the newest 10,000 of them.
package struct IdempotencyTable {
    /// What was done under a key before.
    package struct Kept: Equatable, Sendable {
        /// SHA-256 of the request.
        package let request: [UInt8]
        package let answer: [UInt8]
    }

    static let name = "_rowhouse_idempotency"
    /// Bytes of an answer that is kept.
    package static let answerBytes = 64 << 10
    private static let rows = 10_000
    /// Milliseconds.
    private static let lifetime: Int64 = 24 * 3_600 * 1_000
    /// Expired rows removed at a time: one call stays short whatever is there.
    private static let sweep = 64

    /// `answer` is last: looking for what has expired reads no answers.
    static func schema(in database: String = "main") -> String {
        """
        CREATE TABLE IF NOT EXISTS \(database)._rowhouse_idempotency(
            id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, request BLOB NOT NULL,
            answer BLOB NOT NULL)
        """
    }

    private let session: SQLSession
    private let now: Int64

    package init(_ session: SQLSession, now: WallTime) {
        self.session = session
        self.now = now.milliseconds
    }

    /// What was answered under this key within a day.
    package func find(_ key: String) throws(SQLFailure) -> Kept? {
        try session.own { connection throws(SQLiteError) in
            try connection.execute(Self.schema())
            return try Self.find(key, now, connection)
        }
    }

    /// The same outside of a transaction and without changing anything.
    package static func peek(
        _ key: String, in database: TenantDatabase, now: WallTime
    ) throws(SQLFailure) -> Kept? {
        do throws(SQLiteError) {
            return try database.own { connection throws(SQLiteError) in
                let table = try connection.prepare("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?")
                try table.bind(name, 1)
                guard try table.step() else { return nil }
                return try find(key, now.milliseconds, connection)
            }
        } catch {
            throw .sqlite(error)
        }
    }

    private static func find(_ key: String, _ now: Int64, _ connection: Connection) throws(SQLiteError) -> Kept? {
        let select = try connection.prepare(
            "SELECT request, answer FROM _rowhouse_idempotency WHERE key = ? AND created > ?")
        try select.bind(key, 1)
        try select.bind(now - lifetime, 2)
        guard try select.step() else { return nil }
        return Kept(request: Array(select.blob(0)), answer: Array(select.blob(1)))
    }

    /// Keeps an answer, and lets go of some that are too old or too many.
    ///
    /// - Precondition: `find` gave nothing in this transaction.
    package func keep(_ key: String, request: [UInt8], answer: UnsafeRawBufferPointer) throws(SQLFailure) {
        try session.own { connection throws(SQLiteError) in
            try forget(connection)
            let insert = try connection.prepare(
                "INSERT OR REPLACE INTO _rowhouse_idempotency(key, created, request, answer) VALUES (?, ?, ?, ?)")
            try insert.bind(key, 1)
            try insert.bind(now, 2)
            let bound: Result<Void, SQLiteError> = request.withUnsafeBytes { raw in
                do throws(SQLiteError) { return .success(try insert.bind(blob: raw, 3)) } catch {
                    return .failure(error)
                }
            }
            try bound.get()
            try insert.bind(blob: answer, 4)
            while try insert.step() {}
        }
    }

    private func forget(_ connection: Connection) throws(SQLiteError) {
        let old = try connection.prepare(
            """
            DELETE FROM _rowhouse_idempotency WHERE id IN (
                SELECT id FROM (SELECT id, created FROM _rowhouse_idempotency ORDER BY id LIMIT \(Self.sweep))
                WHERE created <= ?)
            """)
        try old.bind(now - Self.lifetime, 1)
        while try old.step() {}
        try connection.execute(
            """
            DELETE FROM _rowhouse_idempotency WHERE id IN (
                SELECT id FROM _rowhouse_idempotency
                WHERE id <= (SELECT max(id) FROM _rowhouse_idempotency) - \(Self.rows - 1) ORDER BY id LIMIT \(Self.sweep))
            """)
    }
}

extension SQLSession {
    /// The server's own statements, past confinement and rights, in the stream's open transaction.
    ///
    /// - Precondition: the stream is in a transaction.
    func own<T>(_ body: (Connection) throws(SQLiteError) -> T) throws(SQLFailure) -> T {
        guard let guarded = stream.connection else { preconditionFailure("the stream is in no transaction") }
        do throws(SQLiteError) { return try guarded.own(body) } catch { throw explain(error, on: guarded) }
    }
}
