import CSQLite
import SQLiteKit
package import Seams
package import Vocabulary

/// Tokens of claims that the tenant's writes have carried, and those that it refuses, kept in the tenant itself
/// (`_rowhouse_claims`): with the commit that carried them, in one transaction, wherever the tenant goes.
///
/// A token is held or refused, whichever came first, and that stays so: only a release turns a held one.
package struct ClaimTable {
    package enum Mark: Int64, Equatable, Sendable {
        case held = 1
        case refused = 2
    }

    package static let name = "_rowhouse_claims"
    /// Held tokens at most. Beyond, writes that carry further ones are refused.
    private static let most = 20_000
    /// Milliseconds for which a refusal is kept: longer than the life that a token states of itself, after which it is refused
    /// for that.
    private static let refusalLifetime: Int64 = 26 * 3600 * 1000
    /// Old refusals removed at a time.
    private static let sweep = 64

    static func schema(in database: String = "main") -> String {
        """
        CREATE TABLE IF NOT EXISTS \(database)._rowhouse_claims(
            token BLOB NOT NULL PRIMARY KEY, mark INTEGER NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS \(database)._rowhouse_claims_mark ON _rowhouse_claims(mark, changed)
        """
    }

    private let session: SQLSession
    private let now: Int64

    /// - Parameter session: inside of an open transaction of its stream.
    package init(_ session: SQLSession, now: WallTime) {
        self.session = session
        self.now = now.milliseconds
    }

    package enum HoldOutcome: Equatable, Sendable {
        case held
        /// One of them is refused here: its claim has expired, or was released.
        case refused
        case tooMany
    }

    /// Holds tokens, by their digests. Repeating it changes nothing.
    package func hold(_ tokens: [[UInt8]]) throws(SQLFailure) -> HoldOutcome {
        try session.own { connection throws(SQLiteError) in
            try connection.execute(Self.schema())
            try forget(connection)
            for token in tokens {
                switch try Self.mark(of: token, connection) {
                case .held?: continue
                case .refused?: return .refused
                case nil:
                    guard try hasRoom(connection) else { return .tooMany }
                    try put(token, .held, connection)
                }
            }
            return .held
        }
    }

    /// Makes sure that no later write with the token takes effect, unless one has: then it stays held.
    package func settle(_ token: [UInt8]) throws(SQLFailure) -> Mark {
        try session.own { connection throws(SQLiteError) in
            try connection.execute(Self.schema())
            if let known = try Self.mark(of: token, connection) { return known }
            try forget(connection)
            try put(token, .refused, connection)
            return .refused
        }
    }

    /// Refuses the token from now on, whether or not a write has carried it.
    package func refuse(_ token: [UInt8]) throws(SQLFailure) {
        try session.own { connection throws(SQLiteError) in
            try connection.execute(Self.schema())
            try forget(connection)
            try put(token, .refused, connection)
        }
    }

    /// What the tenant knows of a token.
    package func look(_ token: [UInt8]) throws(SQLFailure) -> Mark? {
        try session.own { connection throws(SQLiteError) in
            let table = try connection.prepare("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?")
            try table.bind(Self.name, 1)
            guard try table.step() else { return nil }
            return try Self.mark(of: token, connection)
        }
    }

    // MARK: Rows

    private static func mark(of token: [UInt8], _ connection: Connection) throws(SQLiteError) -> Mark? {
        let select = try connection.prepare("SELECT mark FROM main._rowhouse_claims WHERE token = ?")
        try bind(token, 1, select)
        guard try select.step() else { return nil }
        // What nobody understands lets nothing in.
        return Mark(rawValue: select.integer(0)) ?? .refused
    }

    private func hasRoom(_ connection: Connection) throws(SQLiteError) -> Bool {
        let beyond = try connection.prepare(
            """
            SELECT 1 FROM main._rowhouse_claims WHERE mark = \(Mark.held.rawValue) LIMIT 1 OFFSET \(Self.most - 1)
            """)
        return try !beyond.step()
    }

    private func put(_ token: [UInt8], _ mark: Mark, _ connection: Connection) throws(SQLiteError) {
        let insert = try connection.prepare(
            "INSERT OR REPLACE INTO main._rowhouse_claims(token, mark, changed) VALUES (?, ?, ?)")
        try Self.bind(token, 1, insert)
        try insert.bind(mark.rawValue, 2)
        try insert.bind(now, 3)
        while try insert.step() {}
    }

    private func forget(_ connection: Connection) throws(SQLiteError) {
        let old = try connection.prepare(
            """
            DELETE FROM main._rowhouse_claims WHERE token IN (
                SELECT token FROM main._rowhouse_claims WHERE mark = \(Mark.refused.rawValue) AND changed < ? LIMIT \(Self.sweep))
            """)
        try old.bind(now - Self.refusalLifetime, 1)
        while try old.step() {}
    }

    private static func bind(_ token: [UInt8], _ index: Int32, _ statement: Statement) throws(SQLiteError) {
        let bound: Result<Void, SQLiteError> = token.withUnsafeBytes { raw in
            do throws(SQLiteError) { return .success(try statement.bind(blob: raw, index)) } catch {
                return .failure(error)
            }
        }
        try bound.get()
    }
}

/// The server's own tables in a tenant.
package enum ServerTables {
    static let all = [IdempotencyTable.name, ClaimTable.name]

    /// Among other names, as SQL writes a list.
    static var quoted: String { all.map { "'\($0)'" }.joined(separator: ", ") }
}

extension TenantEngine {
    /// Does something with the tokens that a tenant knows, in a transaction of its own; waits for other writers, and returns
    /// when it is durable.
    ///
    /// - Throws: `TenantsError`, `SQLFailure`; nothing has changed then, but for `outcomeUnknown`.
    package func claims<Result: Sendable>(
        of id: TenantID, until deadline: Instant, _ body: @escaping @Sendable (ClaimTable) throws(SQLFailure) -> Result
    ) async throws -> Result {
        let time = context.time
        return try await perform(on: id) { database in
            let stream = database.temporaryStream(principal: 0)
            defer { database.close(stream) }
            let session = database.session(on: stream, rights: .write, deadline: deadline)
            try session.run("BEGIN IMMEDIATE")
            let result = try body(ClaimTable(session, now: time.wall()))
            try session.run("COMMIT")
            return result
        }
    }
}
