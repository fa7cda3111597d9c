/// The statements of a dump: SQL that makes a database again, read by SQLite's shell as well.
package enum DumpText {
    /// Foreign keys are not looked at while tables come one after the other.
    package static let head = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"
    package static let tail = "COMMIT;\n"

    /// A row of `sqlite_schema`, with the kind of table as `PRAGMA table_list` tells it.
    package struct Entry: Sendable, Equatable {
        package let type: String
        package let name: String
        package let sql: String
        /// `table`, `virtual`, `shadow` or `view`; empty for anything else.
        package let kind: String

        package init(type: String, name: String, sql: String, kind: String) {
            self.type = type
            self.name = name
            self.sql = sql
            self.kind = kind
        }
    }

    /// How a table is made ready for its rows.
    package enum Preparation: Sendable, Equatable {
        /// By a statement, which may be none.
        case make(String)
        /// It is not in a dump: SQLite makes it by itself, or the server keeps it.
        case leaveOut
    }

    package static func preparation(_ entry: Entry) -> Preparation {
        let name = ValueText.identifier(entry.name)
        switch (entry.name, entry.kind) {
        case ("sqlite_sequence", _): return .make("DELETE FROM sqlite_sequence;\n")
        case ("sqlite_stat1", _): return .make("ANALYZE sqlite_schema;\n")
        case (let other, _) where other.hasPrefix("sqlite_") || other.hasPrefix("_rowhouse_"): return .leaveOut
        // The virtual table that it belongs to has made it, with first rows of its own.
        case (_, "shadow"): return .make("DELETE FROM \(name);\n")
        default: return .make(ended(entry.sql))
        }
    }

    /// Whether it holds rows of its own.
    package static func hasRows(_ entry: Entry) -> Bool { entry.type == "table" && entry.kind != "virtual" }

    /// Those of a virtual table before all else, since it makes others; then tables as they were made.
    package static func tables(_ entries: [Entry]) -> [Entry] {
        let tables = entries.filter { $0.type == "table" }
        return tables.filter { $0.kind == "virtual" } + tables.filter { $0.kind != "virtual" }
    }

    /// What is made when the rows are there: indexes are quicker then, and triggers must not run.
    package static func afterRows(_ entries: [Entry]) -> [Entry] {
        ["index", "view", "trigger"].flatMap { type in entries.filter { $0.type == type && !$0.sql.isEmpty } }
    }

    /// A statement as the schema has it, with its semicolon on a line of its own where it ends in a comment.
    package static func ended(_ sql: String) -> String {
        let isCommented = sql.split(separator: "\n", omittingEmptySubsequences: false).last?.contains("--") == true
        return sql + (isCommented ? "\n;\n" : ";\n")
    }

    /// - Parameter columns: those that take values; nil where all do.
    package static func insert(_ table: String, columns: [String]?) -> String {
        let names = columns.map { "(" + $0.map(ValueText.identifier).joined(separator: ",") + ")" } ?? ""
        return "INSERT INTO \(ValueText.identifier(table))\(names) VALUES("
    }
}
