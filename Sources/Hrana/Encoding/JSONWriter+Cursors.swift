/// A cursor's response: lines of JSON. First `cursorHead`; then for each step that runs, `startCursorStep`, `column`…,
/// `endCursorStepColumns`, its rows, and `cursorStepEnd` or `cursorStepError`; a skipped step writes nothing. Each method
/// that ends an entry ends its line, so the bytes may be flushed after it.
extension JSONWriter {
    package mutating func cursorHead(baton: String?, baseURL: String?) {
        bytes.append(#"{"baton":"#)
        stringOrNull(baton)
        bytes.append(#","base_url":"#)
        stringOrNull(baseURL)
        bytes.append("}\n")
    }

    package mutating func startCursorStep(_ step: Int) {
        bytes.append(#"{"type":"step_begin","step":"#)
        integer(step)
        bytes.append(#","cols":["#)
    }

    package mutating func endCursorStepColumns() { bytes.append("]}\n") }

    /// A row: values must follow, then `endCursorRow`.
    package mutating func startCursorRow() { bytes.append(#"{"type":"row","row":["#) }

    package mutating func endCursorRow() { bytes.append("]}\n") }

    package mutating func cursorStepEnd(affectedRows: Int64, lastInsertRowID: Int64?) {
        bytes.append(#"{"type":"step_end","affected_row_count":"#)
        integer(affectedRows)
        bytes.append(#","last_insert_rowid":"#)
        integerStringOrNull(lastInsertRowID)
        bytes.append("}\n")
    }

    /// A step failed, before or after it began.
    package mutating func cursorStepError(_ step: Int, _ error: HranaError) {
        bytes.append(#"{"type":"step_error","step":"#)
        integer(step)
        bytes.append(#","error":"#)
        self.error(error)
        bytes.append("}\n")
    }

    /// The batch as a whole failed: the last entry.
    package mutating func cursorError(_ error: HranaError) {
        bytes.append(#"{"type":"error","error":"#)
        self.error(error)
        bytes.append("}\n")
    }
}
