/// Results of statements, their descriptions, and rows of both pipelines and cursors.
extension ProtobufWriter {
    /// - Parameter field: where the result stands in what it is a part of.
    package mutating func startStatementResult(_ field: UInt8 = 1) { start(field) }

    package mutating func column(
        _ field: UInt8 = 1, name: UnsafeRawBufferPointer?, declaredType: UnsafeRawBufferPointer?
    ) {
        start(field)
        mended(1, name)
        mended(2, declaredType)
        end()
    }

    package mutating func startRow() { start(2) }

    package mutating func endRow() { end() }

    package mutating func finishStatementResult(_ summary: StatementSummary) {
        bytes.unsigned(3, UInt64(bitPattern: summary.affectedRows))
        if let id = summary.lastInsertRowID { bytes.zigzag(4, id) }
        bytes.unsigned(6, UInt64(bitPattern: summary.rowsRead))
        bytes.unsigned(7, UInt64(bitPattern: summary.rowsWritten))
        bytes.double(8, Double(summary.nanoseconds) / 1_000_000)
        end()
    }

    // MARK: Values

    package mutating func nullValue() {
        start(1)
        bytes.bytes(1, UnsafeRawBufferPointer(start: nil, count: 0))
        end()
    }

    package mutating func integerValue(_ value: Int64) {
        start(1)
        bytes.zigzag(2, value)
        end()
    }

    /// Infinities included.
    package mutating func floatValue(_ value: Double) {
        start(1)
        bytes.double(3, value)
        end()
    }

    /// - Returns: false, with nothing written, if the text is not UTF-8 and `invalid` is `.refuse`.
    package mutating func textValue(_ utf8: UnsafeRawBufferPointer, invalid: InvalidText = .refuse) -> Bool {
        if UTF8Sequence.isValid(utf8) {
            start(1)
            bytes.bytes(4, utf8)
            end()
            return true
        }
        guard invalid == .replace else { return false }
        start(1)
        bytes.text(4, String(decoding: utf8, as: UTF8.self))
        end()
        return true
    }

    package mutating func blobValue(_ blob: UnsafeRawBufferPointer) {
        start(1)
        bytes.bytes(5, blob)
        end()
    }

    // MARK: Describing

    package mutating func startDescription() { start(1) }

    package mutating func parameter(name: UnsafeRawBufferPointer?) {
        start(1)
        mended(1, name)
        end()
    }

    package mutating func describedColumn(name: UnsafeRawBufferPointer?, declaredType: UnsafeRawBufferPointer?) {
        column(2, name: name, declaredType: declaredType)
    }

    package mutating func finishDescription(isExplain: Bool, isReadOnly: Bool) {
        bytes.boolean(3, isExplain)
        bytes.boolean(4, isReadOnly)
        end()
    }

    /// A name, which like any text of SQLite's may be no UTF-8.
    private mutating func mended(_ field: UInt8, _ name: UnsafeRawBufferPointer?) {
        guard let name else { return }
        if UTF8Sequence.isValid(name) {
            bytes.bytes(field, name)
        } else {
            bytes.text(field, String(decoding: name, as: UTF8.self))
        }
    }
}
