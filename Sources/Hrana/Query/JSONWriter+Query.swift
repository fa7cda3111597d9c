/// The answer of `POST query`: plain JSON values.
///
/// A result is `startPlainResult`, `plainColumn`…, `startPlainRows`, then for each row `startRow`, plain values, `endRow`, and
/// `finishPlainResult`. It stays open for more members until `endPlainObject`.
extension JSONWriter {
    /// Begins `{"results":[`.
    package mutating func startPlainResults() { bytes.append(#"{"results":["#) }

    /// Ends the array that `startPlainResults` began; the object stays open.
    package mutating func finishPlainResults() { bytes.append(UInt8(ascii: "]")) }

    package mutating func startPlainResult() {
        separate()
        bytes.append(#"{"columns":["#)
    }

    /// Names that are not UTF-8 are mended.
    package mutating func plainColumn(_ name: UnsafeRawBufferPointer?) {
        separate()
        guard let name else { return bytes.append(#""""#) }
        _ = string(name, invalid: .replace)
    }

    package mutating func startPlainRows() { bytes.append(#"],"rows":["#) }

    package mutating func finishPlainResult(_ summary: StatementSummary) {
        bytes.append(#"],"rowsAffected":"#)
        integer(summary.affectedRows)
        bytes.append(#","lastInsertRowID":"#)
        if let id = summary.lastInsertRowID { plainIntegerDigits(id) } else { null() }
    }

    package mutating func plainDuration(nanoseconds: UInt64) {
        bytes.append(#","durationMS":"#)
        milliseconds(nanoseconds: nanoseconds)
    }

    package mutating func plainBookmark(_ bookmark: String) {
        bytes.append(#","bookmark":"#)
        string(bookmark)
    }

    package mutating func endPlainObject() { bytes.append(UInt8(ascii: "}")) }

    // MARK: Values

    package mutating func plainNull() {
        separate()
        null()
    }

    /// A number, or a string of digits beyond ±2⁵³, where readers of JSON would round.
    package mutating func plainInteger(_ value: Int64) {
        separate()
        plainIntegerDigits(value)
    }

    /// An infinity is the string `Infinity` or `-Infinity`: JSON has no number for it.
    package mutating func plainFloat(_ value: Double) {
        separate()
        if value.isFinite { return double(value) }
        if value > 0 { bytes.append(#""Infinity""#) } else { bytes.append(#""-Infinity""#) }
    }

    /// - Returns: false, with nothing written, if the text is not UTF-8.
    package mutating func plainText(_ utf8: UnsafeRawBufferPointer) -> Bool {
        let mark = bytes.count
        separate()
        if string(utf8, invalid: .refuse) { return true }
        bytes.truncate(to: mark)
        return false
    }

    package mutating func plainBlob(_ blob: UnsafeRawBufferPointer) {
        separate()
        bytes.append(#"{"base64":"#)
        base64(blob)
        // Inside the closing quote: the protocol's base64 goes without padding, everybody else's has it.
        if blob.count % 3 != 0 {
            bytes.truncate(to: bytes.count - 1)
            if blob.count % 3 == 1 { bytes.append(#"==""#) } else { bytes.append(#"=""#) }
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func plainIntegerDigits(_ value: Int64) {
        guard value.magnitude > 1 << 53 else { return integer(value) }
        bytes.append(UInt8(ascii: "\""))
        integer(value)
        bytes.append(UInt8(ascii: "\""))
    }

    // MARK: Errors

    /// `{"error": {"code", "sqlite"?, "message", "statement"?, "requestID"}}`: the control plane's shape.
    ///
    /// - Parameters:
    ///   - sqlite: SQLite's own name of the error.
    ///   - statement: which one failed, from 0.
    package mutating func plainError(
        code: String, message: String, sqlite: String? = nil, statement: Int? = nil, requestID: String
    ) {
        bytes.append(#"{"error":{"code":"#)
        string(code)
        if let sqlite {
            bytes.append(#","sqlite":"#)
            string(sqlite)
        }
        bytes.append(#","message":"#)
        string(message)
        if let statement {
            bytes.append(#","statement":"#)
            integer(statement)
        }
        bytes.append(#","requestID":"#)
        string(requestID)
        bytes.append(#"}}"#)
    }
}
