import CSQLite
import SQLiteKit

/// `changes()`, `total_changes()` and `last_insert_rowid()` as one caller knows them: on a shared connection they would
/// tell of other callers' statements.
package struct CallerCounters: Sendable {
    package var changes: Int64 = 0
    package var totalChanges: Int64 = 0
    package var lastInsertRowID: Int64 = 0

    package init() {}
}

/// Replaces SQLite's `changes()` and `total_changes()` by ones that answer for the caller. (`last_insert_rowid()` needs
/// none: SQLite lets it be set before the statement runs.)
enum CounterFunctions {
    static func register(on guarded: GuardedConnection) {
        let context = Unmanaged.passUnretained(guarded).toOpaque()
        let flags = SQLITE_UTF8 | SQLITE_INNOCUOUS
        let database = guarded.connection.database
        guarded.connection.call {
            sqlite3_create_function_v2(database, "changes", 0, flags, context, changes, nil, nil, nil)
            sqlite3_create_function_v2(database, "total_changes", 0, flags, context, totalChanges, nil, nil, nil)
        }
    }
}

private func owner(_ context: OpaquePointer?) -> GuardedConnection {
    Unmanaged<GuardedConnection>.fromOpaque(sqlite3_user_data(context)).takeUnretainedValue()
}

private let changes: @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void = {
    context, _, _ in sqlite3_result_int64(context, owner(context).counters.changes)
}

private let totalChanges: @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void = {
    context, _, _ in sqlite3_result_int64(context, owner(context).counters.totalChanges)
}
