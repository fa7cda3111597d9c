/// Which module a `CREATE VIRTUAL TABLE` names, found in its text as a schema keeps it.
enum VirtualTableText {
    /// - Returns: in lower case; nil for a text that is no such statement.
    static func module(of sql: String) -> String? {
        var words = Words(Array(sql.utf8))
        guard words.next() == "create", words.next() == "virtual", words.next() == "table" else { return nil }
        // The name, perhaps with a schema before it; a table may be called "using".
        guard words.next() != nil else { return nil }
        while let word = words.next() {
            if word == "using", !words.wasQuoted { return words.next() }
        }
        return nil
    }

    /// Identifiers and keywords, past white space, comments and punctuation.
    private struct Words {
        private let bytes: [UInt8]
        private var place = 0
        private(set) var wasQuoted = false

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func next() -> String? {
            while place < bytes.count {
                switch bytes[place] {
                case UInt8(ascii: "-") where follows(UInt8(ascii: "-")): skip(to: "\n")
                case UInt8(ascii: "/") where follows(UInt8(ascii: "*")):
                    place += 2
                    skip(to: "*/")
                case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): return quoted(until: bytes[place])
                case UInt8(ascii: "["): return quoted(until: UInt8(ascii: "]"))
                case let byte where Self.isInWord(byte): return word()
                default: place += 1
                }
            }
            return nil
        }

        private func follows(_ byte: UInt8) -> Bool { place + 1 < bytes.count && bytes[place + 1] == byte }

        private mutating func skip(to end: String) {
            let end = Array(end.utf8)
            while place < bytes.count, !bytes[place...].starts(with: end) { place += 1 }
            place = min(bytes.count, place + end.count)
        }

        private mutating func word() -> String {
            let start = place
            while place < bytes.count, Self.isInWord(bytes[place]) { place += 1 }
            wasQuoted = false
            return String(decoding: bytes[start..<place], as: UTF8.self).lowercased()
        }

        private mutating func quoted(until end: UInt8) -> String {
            place += 1
            var text: [UInt8] = []
            while place < bytes.count {
                let byte = bytes[place]
                place += 1
                if byte == end {
                    guard end != UInt8(ascii: "]"), place < bytes.count, bytes[place] == end else { break }
                    place += 1
                }
                text.append(byte)
            }
            wasQuoted = true
            return String(decoding: text, as: UTF8.self).lowercased()
        }

        private static func isInWord(_ byte: UInt8) -> Bool {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "_"), UInt8(ascii: "$"), 128...255: true
            default: false
            }
        }
    }
}
