import CSQLite
import SQLiteKit

/// Copies a database whose text is UTF-16 into an empty one, statement by statement: SQLite attaches no database of another
/// encoding, so that `VACUUM INTO` cannot. Statistics of ANALYZE are left out; whoever wants them runs it again.
struct EncodingCopy {
    let source: Connection
    let target: Connection

    private struct Table {
        let name: String
        let sql: String
    }

    func run() throws(SQLiteError) {
        target.authorize(with: SchemaOnly())
        let vacuum = try number("PRAGMA auto_vacuum")
        try target.execute("PRAGMA page_size=4096; PRAGMA encoding='UTF-8'; PRAGMA auto_vacuum=\(vacuum)")
        try target.execute("PRAGMA ignore_check_constraints=ON; BEGIN")
        let tables = try tables()
        for table in tables { try make(table.sql) }
        for sql in try texts("SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid") {
            try make(sql)
        }
        for table in tables { try copy(table) }
        try copySequences()
        try copyOther()
        for name in ["user_version", "application_id"] {
            try target.execute("PRAGMA \(name)=\(try number("PRAGMA \(name)"))")
        }
        try target.execute("COMMIT")
    }

    // MARK: Tables

    private func tables() throws(SQLiteError) -> [Table] {
        let statement = try source.prepare(
            """
            SELECT name, sql FROM sqlite_schema
            WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid
            """)
        var tables: [Table] = []
        while try statement.step() {
            tables.append(Table(name: statement.string(0), sql: statement.string(1)))
        }
        return tables
    }

    /// One statement of the schema; what follows it in the same text SQLite does not look at either.
    private func make(_ sql: String) throws(SQLiteError) {
        let statement = try target.prepare(sql)
        while try statement.step() {}
    }

    private func copy(_ table: Table) throws(SQLiteError) {
        let columns = try texts("SELECT name FROM pragma_table_xinfo(\(Self.text(table.name))) WHERE hidden = 0")
        let names = (rowID(of: table, columns) + columns.map(Self.name)).joined(separator: ", ")
        let select = try source.prepare("SELECT \(names) FROM \(Self.name(table.name)) NOT INDEXED")
        let marks = (0..<select.columnCount).map { _ in "?" }.joined(separator: ", ")
        let insert = try target.prepare("INSERT INTO \(Self.name(table.name))(\(names)) VALUES (\(marks))")
        try pour(select, into: insert)
    }

    /// A name by which the table's row ids can be read and given; none where it has no such ids, or where its columns have taken all
    /// three names.
    private func rowID(of table: Table, _ columns: [String]) -> [String] {
        let taken = Set(columns.map { $0.lowercased() })
        let free = ["rowid", "_rowid_", "oid"].first { name in
            !taken.contains(name) && (try? source.prepare("SELECT \(name) FROM \(Self.name(table.name))")) != nil
        }
        return free.map { [$0] } ?? []
    }

    private func pour(_ select: Statement, into insert: Statement) throws(SQLiteError) {
        while try select.step() {
            for column in 0..<select.columnCount { try insert.bind(column, of: select, column + 1) }
            while try insert.step() {}
            insert.reset()
        }
    }

    private func copySequences() throws(SQLiteError) {
        guard try number("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'") > 0 else { return }
        try target.execute("DELETE FROM sqlite_sequence")
        try pour(
            try source.prepare("SELECT name, seq FROM sqlite_sequence"),
            into: try target.prepare("INSERT INTO sqlite_sequence(name, seq) VALUES (?, ?)"))
    }

    /// Views, triggers, virtual tables: their texts alone.
    private func copyOther() throws(SQLiteError) {
        try target.setMayWriteSchema(true)
        try pour(
            try source.prepare(
                """
                SELECT type, name, tbl_name, sql FROM sqlite_schema
                WHERE type IN ('view', 'trigger') OR type = 'table' AND coalesce(rootpage, 0) = 0 ORDER BY rowid
                """),
            into: try target.prepare(
                "INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES (?1, ?2, ?3, 0, ?4)"))
        try target.setMayWriteSchema(false)
    }

    // MARK: Texts

    private func texts(_ sql: String) throws(SQLiteError) -> [String] {
        let statement = try source.prepare(sql)
        var found: [String] = []
        while try statement.step() { found.append(statement.string(0)) }
        return found
    }

    private func number(_ sql: String) throws(SQLiteError) -> Int64 {
        let statement = try source.prepare(sql)
        return try statement.step() ? statement.integer(0) : 0
    }

    private static func name(_ text: String) -> String { "\"" + doubled("\"", in: text) + "\"" }
    private static func text(_ text: String) -> String { "'" + doubled("'", in: text) + "'" }
    private static func doubled(_ mark: Unicode.Scalar, in text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == mark { out.append(mark) }
            out.append(scalar)
        }
        return String(out)
    }
}

/// The texts of a foreign schema are run as statements here: they may make tables and indexes, and nothing else.
private final class SchemaOnly: StatementAuthorizer {
    func decide(_ request: AuthorizationRequest) -> AuthorizationDecision {
        switch request.action {
        case SQLITE_ATTACH, SQLITE_DETACH, SQLITE_CREATE_VTABLE, SQLITE_CREATE_TEMP_TABLE, SQLITE_CREATE_TEMP_INDEX:
            .deny
        default: .allow
        }
    }
}
