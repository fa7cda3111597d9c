/// Results of statements and their descriptions.
///
/// A result is `startStatementResult`, `column`…, `startRows`, then for each row `startRow`, values, `endRow`, and
/// `finishStatementResult`. It is a member's value or an element of an array, wherever it is begun.
extension JSONWriter {
    package mutating func startStatementResult() {
        separate()
        bytes.append(#"{"cols":["#)
    }

    /// One column of a result or of a description. Names that are not UTF-8 are mended.
    ///
    /// - Parameter declaredType: nil for an expression.
    package mutating func column(name: UnsafeRawBufferPointer?, declaredType: UnsafeRawBufferPointer?) {
        separate()
        bytes.append(#"{"name":"#)
        nameOrNull(name)
        bytes.append(#","decltype":"#)
        nameOrNull(declaredType)
        bytes.append(UInt8(ascii: "}"))
    }

    package mutating func startRows() { bytes.append(#"],"rows":["#) }

    package mutating func startRow() {
        separate()
        bytes.append(UInt8(ascii: "["))
    }

    package mutating func endRow() { bytes.append(UInt8(ascii: "]")) }

    package mutating func finishStatementResult(_ summary: StatementSummary) {
        bytes.append(#"],"affected_row_count":"#)
        integer(summary.affectedRows)
        bytes.append(#","last_insert_rowid":"#)
        integerStringOrNull(summary.lastInsertRowID)
        bytes.append(#","replication_index":null,"rows_read":"#)
        integer(summary.rowsRead)
        bytes.append(#","rows_written":"#)
        integer(summary.rowsWritten)
        bytes.append(#","query_duration_ms":"#)
        milliseconds(nanoseconds: summary.nanoseconds)
        bytes.append(UInt8(ascii: "}"))
    }

    // MARK: Describing

    /// A description is `startDescription`, `parameter`…, `startDescriptionColumns`, `column`…, `finishDescription`.
    package mutating func startDescription() {
        separate()
        bytes.append(#"{"params":["#)
    }

    /// - Parameter name: with its sign; nil for a bare `?` and for a gap in the numbering.
    package mutating func parameter(name: UnsafeRawBufferPointer?) {
        separate()
        bytes.append(#"{"name":"#)
        nameOrNull(name)
        bytes.append(UInt8(ascii: "}"))
    }

    package mutating func startDescriptionColumns() { bytes.append(#"],"cols":["#) }

    package mutating func finishDescription(isExplain: Bool, isReadOnly: Bool) {
        bytes.append(#"],"is_explain":"#)
        boolean(isExplain)
        bytes.append(#","is_readonly":"#)
        boolean(isReadOnly)
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func nameOrNull(_ name: UnsafeRawBufferPointer?) {
        guard let name else { return null() }
        _ = string(name, invalid: .replace)
    }
}
