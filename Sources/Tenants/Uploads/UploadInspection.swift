import CSQLite
import SQLiteKit

/// Looks at a file that came from outside, through its own connection: is it whole, and does it hold only what a tenant may?
struct UploadInspection {
    let connection: Connection
    /// Answers under idempotency keys may be in it: they are dropped then.
    var mayHoldAnswers = true
    /// Faults that are named; one is enough to refuse it.
    private static let faults = 5
    /// Of what is told of them.
    private static let textBytes = 500

    /// What may be in it comes first: to look whether it is whole, SQLite asks the modules of its virtual tables.
    func run() throws(UploadFailure) {
        try checkForms()
        try checkNames()
        try checkModules()
        try checkIntegrity()
    }

    private func checkIntegrity() throws(UploadFailure) {
        let found = try texts("PRAGMA integrity_check(\(Self.faults))")
        guard found != ["ok"] else { return }
        throw .damaged(String(found.joined(separator: "; ").prefix(Self.textBytes)))
    }

    /// SQLite loads a schema's values as texts whatever they are stored as, and types without regard to case; what is asked
    /// for below compares them as they are stored. So they must be what SQLite itself writes.
    private func checkForms() throws(UploadFailure) {
        let found = try texts(
            """
            SELECT CAST(name AS TEXT) FROM sqlite_schema WHERE typeof(type) <> 'text'
            OR type NOT IN ('table', 'index', 'view', 'trigger') OR typeof(name) <> 'text' OR typeof(tbl_name) <> 'text'
            OR instr(name, char(0)) > 0 OR instr(tbl_name, char(0)) > 0 OR instr(sql, char(0)) > 0 OR typeof(rootpage) NOT IN ('integer', 'null')
            OR typeof(sql) NOT IN ('text', 'null') LIMIT 1
            """)
        guard let first = found.first else { return }
        throw .damaged("its schema has an entry that SQLite does not write: \(first.prefix(Self.textBytes))")
    }

    private func checkNames() throws(UploadFailure) {
        let except = mayHoldAnswers ? "AND coalesce(tbl_name, '') COLLATE NOCASE NOT IN (\(ServerTables.quoted))" : ""
        let found = try texts(
            """
            SELECT type || ' ' || name FROM sqlite_schema
            WHERE (name LIKE '\\_rowhouse\\_%' ESCAPE '\\' OR tbl_name LIKE '\\_rowhouse\\_%' ESCAPE '\\')
            \(except) LIMIT \(Self.faults)
            """)
        guard let first = found.first else { return }
        throw .refused(
            "it has a \(first.prefix(Self.textBytes)), and names that begin with _rowhouse_ are the server's")
    }

    private func checkModules() throws(UploadFailure) {
        for sql in try texts("SELECT sql FROM sqlite_schema WHERE type = 'table' AND coalesce(rootpage, 0) = 0") {
            guard let module = VirtualTableText.module(of: sql) else {
                throw .damaged("its schema has a table without pages that is no virtual one")
            }
            if let reason = ReservedNames.refusal(ofModuleNamed: module) { throw .refused(reason) }
        }
        let others = try texts(
            "SELECT sql FROM sqlite_schema WHERE coalesce(rootpage, 0) <> 0 AND sql LIKE '%virtual%'")
        guard !others.contains(where: { VirtualTableText.module(of: $0) != nil }) else {
            throw .damaged("its schema has a virtual table with pages")
        }
    }

    /// The first column of every row. Bounded: our own queries, over a schema that the connection holds in bounded memory.
    private func texts(_ sql: String) throws(UploadFailure) -> [String] {
        try onSQL { () throws(SQLiteError) in
            let statement = try connection.prepare(sql)
            var found: [String] = []
            while try statement.step() { found.append(statement.string(0)) }
            return found
        }
    }
}

extension UploadFailure {
    /// What SQLite says of a file that came from outside, where neither disk nor time are the reason.
    init(content error: SQLiteError) {
        switch error.code {
        case SQLITE_NOTADB: self = .notDatabase(error.message)
        case SQLITE_CORRUPT: self = .damaged(error.message)
        case SQLITE_TOOBIG: self = .refused("a value or row in it is larger than a tenant's may be")
        case SQLITE_FULL: self = .engine(.diskFull)
        case SQLITE_NOMEM: self = .refused("reading it needs more memory than a tenant's SQL may take")
        // Functions and collations that are not here, or that a schema may not use.
        case SQLITE_ERROR, SQLITE_CONSTRAINT, SQLITE_AUTH: self = .refused(error.message)
        default: self = .engine(.storage("upload: \(error)"))
        }
    }
}
