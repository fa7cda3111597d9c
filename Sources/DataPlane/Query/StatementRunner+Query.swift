import Glibc
import Hrana
import SQLiteKit
import Tenants

extension StatementRunner {
    /// Runs one statement of a query and writes its result as plain JSON. When this throws the writer is as it was.
    func query(_ request: Hrana.Statement, into writer: inout JSONWriter) throws(StatementStop) {
        guard case .text(let sql) = request.source else { preconditionFailure("a query has no stored texts") }
        try checkOwnership(of: sql)
        let mark = writer.bytes.count
        do throws(StatementStop) {
            let running = try start(sql, request, isOwn: false)
            let summary = try run(running, into: &writer)
            writer.finishPlainResult(summary)
        } catch {
            writer.bytes.truncate(to: mark)
            throw error
        }
    }

    /// A statement of ours, on the caller's account.
    func runPlainly(_ sql: String) throws(StatementStop) {
        do throws(SQLFailure) {
            session.deadline = deadline
            try session.run(sql)
        } catch {
            throw stop(error, .running)
        }
    }

    /// Transactions are the query's: one that was begun here would be rolled back at its end without a word.
    private func checkOwnership(of sql: String) throws(StatementStop) {
        switch sql.withRawUTF8({ SQLText.firstKeyword($0) }) {
        case "BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE": throw .failed(.transactionInQuery)
        case "VACUUM": throw .failed(.vacuumInQuery)
        default: return
        }
    }

    private func run(
        _ running: RunningStatement, into writer: inout JSONWriter
    ) throws(StatementStop) -> StatementSummary {
        do throws(StatementStop) {
            var hasRow = try step(running)
            writer.startPlainResult()
            writer.plainColumns(of: running.statement)
            writer.startPlainRows()
            while hasRow {
                writer.startRow()
                try writer.plainValues(of: running.statement, upTo: context.limits.resultBytes)
                writer.endRow()
                hasRow = try step(running)
            }
        } catch {
            running.giveUp()
            throw error
        }
        return StatementSummary(running.finish())
    }
}

extension JSONWriter {
    fileprivate mutating func plainColumns(of statement: SQLiteKit.Statement) {
        for index in 0..<statement.columnCount {
            plainColumn(statement.columnName(index).map { UnsafeRawBufferPointer(start: $0, count: strlen($0)) })
        }
    }

    /// - Throws: `failed`; part of the row may have been written then.
    fileprivate mutating func plainValues(
        of statement: SQLiteKit.Statement, upTo limit: Int
    ) throws(StatementStop) {
        for column in 0..<statement.columnCount {
            switch statement.type(column) {
            case .null: plainNull()
            case .integer: plainInteger(statement.integer(column))
            case .float: plainFloat(statement.double(column))
            case .text:
                let text = statement.text(column)
                try bytes.require(text.count, upTo: limit)
                guard plainText(text) else { throw .failed(.textNotUTF8(column: column)) }
            case .blob:
                let blob = statement.blob(column)
                try bytes.require(blob.count / 3 * 4, upTo: limit)
                plainBlob(blob)
            }
        }
        try bytes.require(0, upTo: limit)
    }
}
