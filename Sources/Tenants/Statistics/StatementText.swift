/// A statement as statistics know it: without its literals, so that statements that differ in nothing else are one, and nobody
/// learns values from it. Comments are left out, white space is one space.
enum StatementText {
    /// Bytes that are kept of a text; a longer one ends in an ellipsis.
    static let bytes = 1_024
    /// Bytes of the statement that are looked at.
    private static let scanned = 4_096

    static func normalised(_ sql: String) -> String {
        var sql = sql
        return sql.withUTF8 { text in
            var scanner = Scanner(text[..<min(text.count, scanned)])
            scanner.run()
            return scanner.finish(isWhole: text.count <= scanned)
        }
    }

    private struct Scanner {
        private let text: Slice<UnsafeBufferPointer<UInt8>>
        private var index: Int
        private var out: [UInt8] = []
        private var isAfterSpace = false

        init(_ text: Slice<UnsafeBufferPointer<UInt8>>) {
            self.text = text
            index = text.startIndex
            out.reserveCapacity(min(text.count, StatementText.bytes))
        }

        mutating func run() {
            while index < text.endIndex, out.count <= StatementText.bytes { step() }
        }

        func finish(isWhole: Bool) -> String {
            var kept = out[...]
            while let last = kept.last, last == UInt8(ascii: ";") || last == UInt8(ascii: " ") { kept.removeLast() }
            guard kept.count > StatementText.bytes || !isWhole else { return String(decoding: kept, as: UTF8.self) }
            kept = kept.prefix(StatementText.bytes - 3)
            // Not within a character.
            while let last = kept.last, last & 0xC0 == 0x80 { kept.removeLast() }
            if kept.last.map({ $0 >= 0xC0 }) ?? false { kept.removeLast() }
            return String(decoding: kept, as: UTF8.self) + "…"
        }

        private mutating func step() {
            let byte = text[index]
            switch byte {
            case 0x20, 0x09...0x0D: skipSpace()
            case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"): skipLine()
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): skipBlock()
            case UInt8(ascii: "'"):
                skipQuoted(byte)
                literal()
            case UInt8(ascii: "x"), UInt8(ascii: "X"):
                if peek(1) == UInt8(ascii: "'") {
                    index += 1
                    skipQuoted(UInt8(ascii: "'"))
                    literal()
                } else {
                    copyWord()
                }
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number()
            case UInt8(ascii: ".") where peek(1).map(Self.isDigit) ?? false: number()
            case UInt8(ascii: "\""), UInt8(ascii: "`"): copyQuoted(byte)
            case UInt8(ascii: "["): copyQuoted(UInt8(ascii: "]"))
            // With its digits: ?1 is no literal.
            case UInt8(ascii: "?"): copyWord()
            case _ where Self.isWord(byte): copyWord()
            default: put(index, index + 1)
            }
        }

        private func peek(_ distance: Int) -> UInt8? {
            index + distance < text.endIndex ? text[index + distance] : nil
        }

        private mutating func skipSpace() {
            isAfterSpace = true
            index += 1
        }

        private mutating func skipLine() {
            while index < text.endIndex, text[index] != 0x0A { index += 1 }
            isAfterSpace = true
        }

        private mutating func skipBlock() {
            index += 2
            while index < text.endIndex {
                if text[index] == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                    index += 2
                    break
                }
                index += 1
            }
            isAfterSpace = true
        }

        /// A doubled quote stands for itself.
        private mutating func skipQuoted(_ quote: UInt8) {
            repeat {
                index += 1
                while index < text.endIndex, text[index] != quote { index += 1 }
                index = min(index + 1, text.endIndex)
            } while index < text.endIndex && text[index] == quote && quote != UInt8(ascii: "]")
        }

        private mutating func copyQuoted(_ quote: UInt8) {
            let start = index
            skipQuoted(quote)
            put(start, index)
        }

        private mutating func copyWord() {
            let start = index
            index += 1
            while index < text.endIndex, Self.isWord(text[index]) { index += 1 }
            put(start, index)
        }

        private mutating func number() {
            while index < text.endIndex {
                let byte = text[index]
                let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
                let isExponent = isSign && (text[index - 1] | 0x20) == UInt8(ascii: "e")
                guard Self.isWord(byte) || byte == UInt8(ascii: ".") || isExponent else { break }
                index += 1
            }
            literal()
        }

        private mutating func literal() {
            space()
            out.append(UInt8(ascii: "?"))
        }

        private mutating func put(_ start: Int, _ end: Int) {
            space()
            out.append(contentsOf: text[start..<end])
            index = end
        }

        private mutating func space() {
            if isAfterSpace, !out.isEmpty { out.append(UInt8(ascii: " ")) }
            isAfterSpace = false
        }

        private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

        private static func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "@"),
                UInt8(ascii: ":"), 0x80...0xFF:
                true
            default: false
            }
        }
    }
}
