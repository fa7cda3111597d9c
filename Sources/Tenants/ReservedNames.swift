import CSQLite
import Glibc
import SQLiteKit

/// Names that are the server's: tables, indexes, triggers and views that begin with `_rowhouse_`, and SQLite's windows into
/// the file and into other callers' statements.
enum ReservedNames {
    private static let prefix = "_rowhouse_"
    private static let closedTables = ["sqlite_dbpage", "sqlite_stmt"]
    /// Of the modules that a libsqlite3 may have, those that keep to the tenant's own data.
    private static let modules: Set<String> = [
        "fts3", "fts4", "fts4aux", "fts5", "fts5vocab", "rtree", "rtree_i32", "geopoly",
    ]

    /// Why a question of the authorizer is answered with no; nil if these names are no reason.
    static func refusal(of request: AuthorizationRequest) -> String? {
        switch request.action {
        case SQLITE_TRANSACTION, SQLITE_SAVEPOINT, SQLITE_SELECT, SQLITE_RECURSIVE, SQLITE_FUNCTION, SQLITE_PRAGMA:
            return nil
        case SQLITE_READ, SQLITE_UPDATE:
            // The second is a column.
            return refusal(of: request.first)
        case SQLITE_ALTER_TABLE:
            // The first is the schema.
            return refusal(of: request.second)
        case SQLITE_CREATE_VTABLE:
            return refusal(of: request.first) ?? refusal(ofModule: request.second)
        default:
            return refusal(of: request.first) ?? refusal(of: request.second)
        }
    }

    private static func refusal(of name: UnsafePointer<CChar>?) -> String? {
        guard let name else { return nil }
        if strncasecmp(name, prefix, prefix.utf8.count) == 0 {
            return "names that begin with _rowhouse_ are the server's"
        }
        for closed in closedTables where strcasecmp(name, closed) == 0 { return "the table \(closed) is closed" }
        return nil
    }

    private static func refusal(ofModule name: UnsafePointer<CChar>?) -> String? {
        name.flatMap { refusal(ofModuleNamed: String(cString: $0).lowercased()) }
    }

    /// - Parameter name: in lower case.
    static func refusal(ofModuleNamed name: String) -> String? {
        guard !modules.contains(name) else { return nil }
        return "virtual tables may use \(modules.sorted().joined(separator: ", ")), not \(name)"
    }

    /// ALTER TABLE does not ask about the new name, nor about those of the tables behind a virtual one, which begin with its
    /// name: so its text must not hold ours, wherever. A name that begins so stands in the text as it is, quoted or not.
    static func isNamed(in sql: UnsafeRawBufferPointer) -> Bool {
        let wanted = Array(prefix.dropLast().utf8)
        guard sql.count >= wanted.count else { return false }
        return (0...(sql.count - wanted.count)).contains { start in
            wanted.indices.allSatisfy { sql[start + $0] | 0x20 == wanted[$0] | 0x20 }
        }
    }
}
