/// A cursor's response: lines of JSON. First `cursorHead`; then for each step that runs, `startCursorStep`, `column`…,
/// `endCursorStepColumns`, its rows, and `cursorStepEnd` or `cursorStepError`; a skipped step writes nothing. Each method
/// that ends an entry ends its line, so the bytes may be flushed after it.
///
/// On a WebSocket the entries are fetched: they are the elements of an array then.
extension JSONWriter {
    package mutating func cursorHead(baton: String?, baseURL: String?) {
        bytes.append(#"{"baton":"#)
        stringOrNull(baton)
        bytes.append(#","base_url":"#)
        stringOrNull(baseURL)
        bytes.append("}\n")
    }

    package mutating func startCursorStep(_ step: Int) {
        startEntry(#"{"type":"step_begin","step":"#)
        integer(step)
        bytes.append(#","cols":["#)
    }

    package mutating func endCursorStepColumns() { endEntry("]}") }

    /// A row: values must follow, then `endCursorRow`.
    package mutating func startCursorRow() { startEntry(#"{"type":"row","row":["#) }

    package mutating func endCursorRow() { endEntry("]}") }

    package mutating func cursorStepEnd(affectedRows: Int64, lastInsertRowID: Int64?) {
        startEntry(#"{"type":"step_end","affected_row_count":"#)
        integer(affectedRows)
        bytes.append(#","last_insert_rowid":"#)
        integerStringOrNull(lastInsertRowID)
        endEntry("}")
    }

    /// A step failed, before or after it began.
    package mutating func cursorStepError(_ step: Int, _ error: HranaError) {
        startEntry(#"{"type":"step_error","step":"#)
        integer(step)
        bytes.append(#","error":"#)
        self.error(error)
        endEntry("}")
    }

    /// The batch as a whole failed: the last entry.
    package mutating func cursorError(_ error: HranaError) {
        startEntry(#"{"type":"error","error":"#)
        self.error(error)
        endEntry("}")
    }

    private mutating func startEntry(_ head: StaticString) {
        if entriesAreElements { separate() }
        bytes.append(head)
    }

    private mutating func endEntry(_ tail: StaticString) {
        bytes.append(tail)
        if !entriesAreElements { bytes.append(UInt8(ascii: "\n")) }
    }
}
