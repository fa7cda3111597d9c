import CSQLite
import Catalog
import SQLiteKit

/// The catalog's connection to its SQLite database, on the thread of the catalog's tenant.
final class EmbeddedConnection: CatalogConnection {
    private let connection: Connection

    init(_ connection: Connection) { self.connection = connection }

    func begin(writing: Bool) throws(CatalogError) {
        do throws(SQLiteError) {
            try connection.execute(writing ? "BEGIN IMMEDIATE" : "BEGIN")
        } catch {
            throw .unavailable(error.message)
        }
    }

    func execute(_ sql: String, _ arguments: [CatalogValue]) throws(CatalogFault) -> CatalogRows {
        do throws(SQLiteError) {
            let statement = try connection.prepare(sql)
            for (index, value) in arguments.enumerated() { try bind(value, Int32(index + 1), statement) }
            return try collect(statement)
        } catch {
            throw fault(error)
        }
    }

    func commit() throws(CatalogError) {
        do throws(SQLiteError) {
            try connection.execute("COMMIT")
        } catch {
            // Either it stands, or SQLite says that the transaction is still open and nothing was committed.
            throw connection.isAutocommit ? .outcomeUnknown(error.message) : .unavailable(error.message)
        }
    }

    func rollback() {
        guard !connection.isAutocommit else { return }
        try? connection.execute("ROLLBACK")
    }

    private func bind(_ value: CatalogValue, _ index: Int32, _ statement: Statement) throws(SQLiteError) {
        switch value {
        case .null: try statement.bindNull(index)
        case .integer(let number): try statement.bind(number, index)
        case .text(let text): try statement.bind(text, index)
        case .blob(let bytes):
            let outcome: Result<Void, SQLiteError> = bytes.withUnsafeBytes { raw in
                do throws(SQLiteError) { return .success(try statement.bind(blob: raw, index)) } catch {
                    return .failure(error)
                }
            }
            try outcome.get()
        }
    }

    private func collect(_ statement: Statement) throws(SQLiteError) -> CatalogRows {
        var result = CatalogRows()
        let before = connection.totalChanges
        while try statement.step() {
            guard result.rows.count < CatalogLimits.rows else {
                throw SQLiteError(extendedCode: SQLITE_TOOBIG, message: "more than \(CatalogLimits.rows) rows")
            }
            result.rows.append((0..<statement.columnCount).map { value(statement, $0) })
        }
        if !statement.isReadOnly, connection.totalChanges != before { result.affected = Int(connection.changes) }
        return result
    }

    private func value(_ statement: Statement, _ column: Int32) -> CatalogValue {
        switch statement.type(column) {
        case .null: .null
        case .integer: .integer(statement.integer(column))
        case .text: .text(statement.string(column))
        case .blob: .blob(Array(statement.blob(column)))
        case .float: .text(String(statement.double(column)))
        }
    }

    private func fault(_ error: SQLiteError) -> CatalogFault {
        let unique = SQLITE_CONSTRAINT | (8 << 8)
        let primaryKey = SQLITE_CONSTRAINT | (6 << 8)
        switch error.extendedCode {
        case unique, primaryKey: return .uniqueViolation
        default: break
        }
        switch error.code {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM, SQLITE_INTERRUPT:
            return .unavailable(error.message)
        default: return .refused(error.message)
        }
    }
}
