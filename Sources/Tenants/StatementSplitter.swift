import CSQLite

/// Finds where the first statement of a text ends, by SQLite's own judgement of completeness: strings, comments and
/// trigger bodies may hold semicolons.
enum StatementSplitter {
    /// - Returns: bytes up to and with the semicolon that ends the first statement, or all of them.
    static func firstLength(_ bytes: ArraySlice<UInt8>) -> Int {
        var scanner = Scanner()
        var index = bytes.startIndex
        var candidate: [CChar] = []
        candidate.reserveCapacity(min(bytes.count, 4096) + 1)
        while index < bytes.endIndex {
            let byte = bytes[index]
            candidate.append(CChar(bitPattern: byte))
            index += 1
            guard scanner.endsStatement(byte, next: index < bytes.endIndex ? bytes[index] : 0) else { continue }
            candidate.append(0)
            if sqlite3_complete(candidate) != 0 { break }
            candidate.removeLast()
        }
        return index - bytes.startIndex
    }

    /// Whether the first word is PRAGMA, past white space, a byte-order mark and comments.
    static func isPragma(_ sql: String) -> Bool {
        var rest = Substring(sql)
        while let first = rest.unicodeScalars.first {
            if first.properties.isWhitespace || first == "\u{FEFF}" || first == ";" {
                rest.unicodeScalars.removeFirst()
            } else if rest.hasPrefix("--") {
                rest = rest.drop(while: { !$0.isNewline })
            } else if rest.hasPrefix("/*"), let end = rest.dropFirst(2).firstRange(of: "*/") {
                rest = rest[end.upperBound...]
            } else {
                break
            }
        }
        return rest.prefix(6).lowercased() == "pragma"
    }

    /// Knows whether a semicolon stands outside of strings and comments, so that completeness is asked for rarely.
    private struct Scanner {
        private enum State { case plain, quoted(UInt8), lineComment, blockComment }
        private var state = State.plain
        private var previous: UInt8 = 0

        mutating func endsStatement(_ byte: UInt8, next: UInt8) -> Bool {
            defer { previous = byte }
            switch state {
            case .plain: return inPlain(byte, next)
            case .quoted(let quote): if byte == quote { state = .plain }
            case .lineComment: if byte == UInt8(ascii: "\n") { state = .plain }
            case .blockComment:
                if previous == UInt8(ascii: "*"), byte == UInt8(ascii: "/") { state = .plain }
            }
            return false
        }

        private mutating func inPlain(_ byte: UInt8, _ next: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: ";"): return true
            case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"): state = .quoted(byte)
            case UInt8(ascii: "["): state = .quoted(UInt8(ascii: "]"))
            case UInt8(ascii: "-") where next == byte: state = .lineComment
            case UInt8(ascii: "/") where next == UInt8(ascii: "*"): state = .blockComment
            default: break
            }
            return false
        }
    }
}
