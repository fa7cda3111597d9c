/// A token of SQL, as far as telling statements apart needs it.
enum SQLToken: Hashable {
    /// A keyword, identifier or anything else made of identifier characters that does not begin with a digit.
    case word(Range<Int>)
    /// A string, or a quoted identifier. An unterminated one reaches to the end.
    case quoted
    case semicolon
    /// Any other byte, or a number.
    case other
}

/// Walks over SQL as SQLite's tokenizer does: the same white space, comments and quotes, so that a text which hides
/// something from the one hides it from the other.
///
/// Peculiar to SQLite: U+FEFF is white space wherever a token may begin; a vertical tab is white space only after other
/// white space; a block comment that is not closed reaches to the end; a bare `/*` at the very end is no comment; a zero
/// byte ends SQL for SQLite, but here it is content, so that nothing hides behind it.
struct SQLScanner {
    private let bytes: UnsafeRawBufferPointer
    /// After the last token returned.
    private(set) var offset: Int

    init(_ bytes: UnsafeRawBufferPointer, from offset: Int = 0) {
        self.bytes = bytes
        self.offset = min(max(offset, 0), bytes.count)
    }

    /// The next token that is neither white space nor a comment; nil at the end.
    mutating func next() -> SQLToken? {
        skipSpaceAndComments()
        guard offset < bytes.count else { return nil }
        let byte = bytes[offset]
        switch byte {
        case UInt8(ascii: ";"):
            offset += 1
            return .semicolon
        case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
            skipQuoted(byte)
            return .quoted
        case UInt8(ascii: "["):
            skip { $0 != UInt8(ascii: "]") }
            offset = min(offset + 1, bytes.count)
            return .quoted
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            skip(while: Self.isIdentifier)
            return .other
        case _ where Self.isIdentifier(byte):
            let start = offset
            skip(while: Self.isIdentifier)
            return .word(start..<offset)
        default:
            offset += 1
            return .other
        }
    }

    /// Goes to the next token or the end.
    mutating func skipSpaceAndComments() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0C, 0x0D:
                skip { $0 == 0x20 || (0x09...0x0D).contains($0) }
            case 0xEF where peek(1) == 0xBB && peek(2) == 0xBF:
                offset += 3
            case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
                skip { $0 != 0x0A && $0 != 0 }
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*") && peek(2) != 0:
                skipBlockComment()
            default:
                return
            }
        }
    }

    private mutating func skipBlockComment() {
        var at = offset + 2
        while at < bytes.count, bytes[at] != 0 {
            if bytes[at] == UInt8(ascii: "*"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "/") {
                offset = at + 2
                return
            }
            at += 1
        }
        offset = at
    }

    /// A doubled quote stands for itself: it ends one quoted run and begins the next.
    private mutating func skipQuoted(_ quote: UInt8) {
        repeat {
            offset += 1
            skip { $0 != quote }
            offset = min(offset + 1, bytes.count)
        } while peek(0) == quote
    }

    @inline(__always)
    private mutating func skip(while condition: (UInt8) -> Bool) {
        while offset < bytes.count, condition(bytes[offset]) { offset += 1 }
    }

    /// The byte `distance` after the current one; 0 beyond the end, where SQLite sees its terminator.
    private func peek(_ distance: Int) -> UInt8 {
        offset + distance < bytes.count ? bytes[offset + distance] : 0
    }

    private static func isIdentifier(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...0xFF:
            true
        default:
            false
        }
    }
}
