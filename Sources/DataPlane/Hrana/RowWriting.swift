import Glibc
import Hrana
import SQLiteKit

extension AnswerWriter {
    /// Names and declared types of all columns of a statement.
    mutating func columns(of statement: SQLiteKit.Statement) {
        for index in 0..<statement.columnCount {
            column(
                name: Self.bytes(of: statement.columnName(index)),
                declaredType: Self.bytes(of: statement.columnDeclaredType(index)))
        }
    }

    mutating func describedColumns(of statement: SQLiteKit.Statement) {
        for index in 0..<statement.columnCount {
            describedColumn(
                name: Self.bytes(of: statement.columnName(index)),
                declaredType: Self.bytes(of: statement.columnDeclaredType(index)))
        }
    }

    mutating func cursorColumns(of statement: SQLiteKit.Statement) {
        for index in 0..<statement.columnCount {
            cursorColumn(
                name: Self.bytes(of: statement.columnName(index)),
                declaredType: Self.bytes(of: statement.columnDeclaredType(index)))
        }
    }

    mutating func parameters(of statement: SQLiteKit.Statement) {
        guard statement.parameterCount > 0 else { return }
        for index in 1...statement.parameterCount { parameter(name: Self.bytes(of: statement.parameterName(index))) }
    }

    /// The values of the row that the statement stands on, straight from SQLite's memory.
    ///
    /// - Parameter limit: bytes that may have been written afterwards, about: a value that does not fit is not copied.
    /// - Throws: `failed`; part of the row may have been written then.
    mutating func values(of statement: SQLiteKit.Statement, upTo limit: Int) throws(StatementStop) {
        for column in 0..<statement.columnCount {
            switch statement.type(column) {
            case .null: nullValue()
            case .integer: integerValue(statement.integer(column))
            case .float: floatValue(statement.double(column))
            case .text:
                let text = statement.text(column)
                try require(text.count, upTo: limit)
                guard textValue(text) else { throw .failed(.textNotUTF8(column: column)) }
            case .blob:
                let blob = statement.blob(column)
                try require(blob.count / 3 * 4, upTo: limit)
                blobValue(blob)
            }
        }
        try require(0, upTo: limit)
    }

    private func require(_ count: Int, upTo limit: Int) throws(StatementStop) {
        try bytes.require(count, upTo: limit)
    }

    private static func bytes(of text: UnsafePointer<CChar>?) -> UnsafeRawBufferPointer? {
        text.map { UnsafeRawBufferPointer(start: $0, count: strlen($0)) }
    }
}

extension ByteWriter {
    func require(_ count: Int, upTo limit: Int) throws(StatementStop) {
        guard self.count + count <= limit else { throw .failed(.responseTooLarge) }
    }
}
