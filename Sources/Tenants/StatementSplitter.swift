/// Finds where the first statement of a text ends, in one pass and as `sqlite3_complete` would have it: at a semicolon outside of
/// strings and comments, but in a trigger's definition only after the END that follows another semicolon.
package enum StatementSplitter {
    /// - Returns: bytes up to and with the semicolon that ends the first statement, or all of them.
    package static func firstLength(_ bytes: ArraySlice<UInt8>) -> Int {
        var scanner = Scanner(bytes)
        var progress = Progress.start
        while let token = scanner.next() {
            progress.advance(token)
            if progress == .ended { break }
        }
        return scanner.index - bytes.startIndex
    }

    /// Empty statements need not be looked at one by one, and a text may be full of them.
    ///
    /// - Returns: bytes up to and with the last semicolon before anything else but space and comments; 0 if there is none.
    package static func emptyLength(_ bytes: ArraySlice<UInt8>) -> Int {
        var scanner = Scanner(bytes)
        var end = bytes.startIndex
        while scanner.next() == .semicolon { end = scanner.index }
        return end - bytes.startIndex
    }

    /// Whether the first word is PRAGMA, past white space, a byte-order mark and comments.
    static func isPragma(_ sql: String) -> Bool {
        var scanner = Scanner(Array(sql.utf8)[...])
        while let token = scanner.next() {
            if token == .semicolon { continue }
            return token == .pragma
        }
        return false
    }

    private enum Token { case semicolon, explain, create, temporary, trigger, end, pragma, other }

    /// How far a statement has come, as far as it matters for its end.
    private enum Progress {
        case start
        /// `EXPLAIN`, and what may stand between it and the statement.
        case explained
        /// `CREATE`, perhaps `TEMP`.
        case create
        /// Anything that ends at the next semicolon.
        case plain
        case trigger
        /// In a trigger, after a semicolon.
        case triggerStatementEnded
        /// In a trigger, after a semicolon and `END`.
        case triggerEnd
        case ended

        mutating func advance(_ token: Token) {
            switch (self, token) {
            case (.trigger, .semicolon), (.triggerStatementEnded, .semicolon): self = .triggerStatementEnded
            case (_, .semicolon): self = .ended
            case (.start, .explain): self = .explained
            case (.start, .create), (.explained, .create): self = .create
            case (.explained, .other): break
            case (.create, .temporary): break
            case (.create, .trigger): self = .trigger
            case (.triggerStatementEnded, .end): self = .triggerEnd
            case (.trigger, _), (.triggerStatementEnded, _), (.triggerEnd, _): self = .trigger
            default: self = .plain
            }
        }
    }

    /// Tokens without white space and comments; everything that does not matter is `other`.
    private struct Scanner {
        private let bytes: ArraySlice<UInt8>
        private(set) var index: Int

        init(_ bytes: ArraySlice<UInt8>) {
            self.bytes = bytes
            index = bytes.startIndex
        }

        mutating func next() -> Token? {
            skipSpaceAndComments()
            guard index < bytes.endIndex else { return nil }
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: ";"):
                index += 1
                return .semicolon
            case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
                skipPast(byte)
            case UInt8(ascii: "["):
                skipPast(UInt8(ascii: "]"))
            case _ where Self.isWord(byte):
                let start = index
                while index < bytes.endIndex, Self.isWord(bytes[index]) { index += 1 }
                return Self.keyword(bytes[start..<index])
            default:
                index += 1
            }
            return .other
        }

        /// A doubled quote ends one run and begins the next, which comes to the same.
        private mutating func skipPast(_ quote: UInt8) {
            let end = bytes[(index + 1)...].firstIndex(of: quote)
            index = end.map { $0 + 1 } ?? bytes.endIndex
        }

        private mutating func skipSpaceAndComments() {
            while index < bytes.endIndex {
                switch bytes[index] {
                case 0x20, 0x09...0x0D: index += 1
                case 0xEF where peek(1) == 0xBB && peek(2) == 0xBF: index += 3
                case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
                    index = bytes[index...].firstIndex(of: 0x0A) ?? bytes.endIndex
                case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): skipBlockComment()
                default: return
                }
            }
        }

        private mutating func skipBlockComment() {
            index += 2
            while index < bytes.endIndex {
                if bytes[index] == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                    index += 2
                    return
                }
                index += 1
            }
        }

        private func peek(_ distance: Int) -> UInt8 {
            index + distance < bytes.endIndex ? bytes[index + distance] : 0
        }

        private static func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...0xFF:
                true
            default: false
            }
        }

        private static func keyword(_ word: ArraySlice<UInt8>) -> Token {
            guard word.count <= 9 else { return .other }
            switch String(decoding: word, as: UTF8.self).uppercased() {
            case "EXPLAIN": return .explain
            case "CREATE": return .create
            case "TEMP", "TEMPORARY": return .temporary
            case "TRIGGER": return .trigger
            case "END": return .end
            case "PRAGMA": return .pragma
            default: return .other
            }
        }
    }
}
