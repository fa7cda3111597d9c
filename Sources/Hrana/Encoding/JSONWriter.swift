/// Writes the protocol's JSON straight from raw parts, so that a column of SQLite's goes out without becoming a value of
/// Swift's.
///
/// Elements separate themselves: whatever begins one looks at the byte before it and writes a comma unless an array, a
/// member or a line has just begun there. So there is no state but the bytes, and `bytes.truncate(to:)` back to where an
/// element began leaves a document that can go on, for example with an error in its stead.
///
/// The calls of a result must come in the order that the methods' comments give; nothing checks it.
package struct JSONWriter: ~Copyable, Sendable {
    /// What was written. Other bytes may go before or after a document: the head of an HTTP response, for example.
    package var bytes: ByteWriter
    /// A cursor's entries are elements of an array instead of lines.
    var entriesAreElements = false

    package init(_ bytes: consuming ByteWriter = ByteWriter()) { self.bytes = bytes }

    /// Begins an element of an array, a member's value, or a line.
    @inline(__always)
    mutating func separate() {
        switch bytes.last {
        case UInt8(ascii: "["), UInt8(ascii: ":"), UInt8(ascii: "\n"), 0: break
        default: bytes.append(UInt8(ascii: ","))
        }
    }

    // MARK: Plain JSON

    package mutating func null() { bytes.append("null") }

    package mutating func boolean(_ value: Bool) {
        if value { bytes.append("true") } else { bytes.append("false") }
    }

    /// A string, escaped.
    package mutating func string(_ text: String) {
        var text = text
        // A String's UTF-8 is valid: nothing can be refused.
        text.withUTF8 { _ = string(UnsafeRawBufferPointer($0), invalid: .replace) }
    }

    package mutating func stringOrNull(_ text: String?) {
        if let text { string(text) } else { null() }
    }

    /// A string of decimal digits, or null: the protocol's form of an optional 64-bit integer.
    mutating func integerStringOrNull(_ value: Int64?) {
        guard let value else { return null() }
        bytes.append(UInt8(ascii: "\""))
        integer(value)
        bytes.append(UInt8(ascii: "\""))
    }
}

/// What to do with text that is not UTF-8: SQLite stores any bytes as text, JSON has no way to say them.
package enum InvalidText: Hashable, Sendable {
    /// Write nothing and report it.
    case refuse
    /// Write U+FFFD for each byte that belongs to no character.
    case replace
}
