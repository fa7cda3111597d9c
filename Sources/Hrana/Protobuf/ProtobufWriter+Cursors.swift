/// A cursor's response: `CursorRespBody`, then entries, each with its length before it.
extension ProtobufWriter {
    package mutating func cursorHead(baton: String?, baseURL: String?) {
        start()
        if let baton { bytes.text(1, baton) }
        if let baseURL { bytes.text(2, baseURL) }
        end()
    }

    package mutating func startCursorStep(_ step: Int) {
        startEntry()
        start(1)
        bytes.unsigned(1, UInt64(step))
    }

    package mutating func cursorColumn(name: UnsafeRawBufferPointer?, declaredType: UnsafeRawBufferPointer?) {
        column(2, name: name, declaredType: declaredType)
    }

    package mutating func endCursorStepColumns() {
        end()
        end()
    }

    package mutating func startCursorRow() {
        startEntry()
        start(4)
    }

    package mutating func endCursorRow() {
        end()
        end()
    }

    package mutating func cursorStepEnd(affectedRows: Int64, lastInsertRowID: Int64?) {
        startEntry()
        start(2)
        bytes.unsigned(1, UInt64(bitPattern: affectedRows))
        if let id = lastInsertRowID { bytes.zigzag(2, id) }
        end()
        end()
    }

    package mutating func cursorStepError(_ step: Int, _ error: HranaError) {
        startEntry()
        start(3)
        bytes.unsigned(1, UInt64(step))
        self.error(2, error)
        end()
        end()
    }

    package mutating func cursorError(_ error: HranaError) {
        startEntry()
        self.error(5, error)
        end()
    }

    /// On a WebSocket entries are a field of the answer that they are fetched with.
    private mutating func startEntry() {
        if let entryField { start(entryField) } else { start() }
    }
}
