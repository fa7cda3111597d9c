/// Values of a row, each an element of the array that `startRow` began.
extension JSONWriter {
    package mutating func nullValue() {
        separate()
        bytes.append(#"{"type":"null"}"#)
    }

    package mutating func integerValue(_ value: Int64) {
        separate()
        bytes.append(#"{"type":"integer","value":""#)
        integer(value)
        bytes.append(#""}"#)
    }

    /// An infinity becomes `null`, as existing servers do: clients reject it, but the rest of the document stays readable.
    package mutating func floatValue(_ value: Double) {
        separate()
        bytes.append(#"{"type":"float","value":"#)
        double(value)
        bytes.append(UInt8(ascii: "}"))
    }

    /// - Returns: false, with nothing written, if the text is not UTF-8 and `invalid` is `.refuse`.
    package mutating func textValue(_ utf8: UnsafeRawBufferPointer, invalid: InvalidText = .refuse) -> Bool {
        let mark = bytes.count
        separate()
        bytes.append(#"{"type":"text","value":"#)
        guard string(utf8, invalid: invalid) else {
            bytes.truncate(to: mark)
            return false
        }
        bytes.append(UInt8(ascii: "}"))
        return true
    }

    package mutating func blobValue(_ blob: UnsafeRawBufferPointer) {
        separate()
        bytes.append(#"{"type":"blob","base64":"#)
        base64(blob)
        bytes.append(UInt8(ascii: "}"))
    }

    package mutating func value(_ value: Value) {
        switch value {
        case .null: nullValue()
        case .integer(let value): integerValue(value)
        case .float(let value): floatValue(value)
        case .text(var text): text.withUTF8 { _ = textValue(UnsafeRawBufferPointer($0), invalid: .replace) }
        case .blob(let blob): blob.withUnsafeBytes { blobValue($0) }
        }
    }
}
