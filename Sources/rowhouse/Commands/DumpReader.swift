import Tenants
import Terminal

/// Takes a dump of SQL apart into statements, as its pieces come. Pure.
struct DumpReader {
    struct Piece: Equatable {
        let sql: String
        /// The word that it begins with, in capitals.
        let keyword: String
        /// Where it begins, from 1.
        let line: Int
    }

    /// More than any statement that a node takes.
    private static let largest = 64 << 20

    private var bytes: [UInt8] = []
    private var offset = 0
    private var line = 1
    /// Nothing in `bytes` can end before more has come.
    private var isWaiting = false

    mutating func feed(_ piece: some Collection<UInt8>) {
        bytes.removeFirst(offset)
        offset = 0
        if piece.contains(UInt8(ascii: ";")) { isWaiting = false }
        bytes.append(contentsOf: piece)
    }

    /// - Parameter isEnd: nothing follows what was fed.
    /// - Returns: nil where no statement is whole.
    /// - Throws: `CommandFailure` for what is no text, or has no end.
    mutating func next(isEnd: Bool) throws(CommandFailure) -> Piece? {
        guard isEnd || !isWaiting else { return try wait() }
        skip(StatementSplitter.emptyLength(bytes[offset...]))
        let length = StatementSplitter.firstLength(bytes[offset...])
        // One that reaches the end may go on.
        guard isEnd || offset + length < bytes.count else {
            isWaiting = true
            return try wait()
        }
        let blank = bytes[offset..<(offset + length)].prefix { [0x20, 0x09, 0x0A, 0x0D].contains($0) }.count
        skip(blank)
        let text = bytes[offset..<(offset + length - blank)]
        guard let sql = String(validating: text, as: UTF8.self) else {
            throw CommandFailure(.failed, "line \(line) is no text in UTF-8")
        }
        let keyword = Self.keyword(of: text)
        let piece = Piece(sql: sql, keyword: keyword, line: line)
        skip(text.count)
        // What is left at the end may be a comment.
        return keyword.isEmpty && isEnd ? nil : piece
    }

    private func wait() throws(CommandFailure) -> Piece? {
        guard bytes.count - offset <= Self.largest else {
            throw CommandFailure(.failed, "line \(line): a statement of more than 64 MiB, or a quote without an end")
        }
        return nil
    }

    private mutating func skip(_ count: Int) {
        line += bytes[offset..<(offset + count)].count { $0 == 0x0A }
        offset += count
    }

    /// Past white space and comments.
    private static func keyword(of text: ArraySlice<UInt8>) -> String {
        var rest = text
        while let first = rest.first {
            if rest.starts(with: Array("--".utf8)) {
                rest = rest.drop { $0 != 0x0A }
            } else if rest.starts(with: Array("/*".utf8)) {
                rest = rest.dropFirst(2)
                while !rest.isEmpty, !rest.starts(with: Array("*/".utf8)) { rest = rest.dropFirst() }
                rest = rest.dropFirst(2)
            } else if isLetter(first) {
                return String(decoding: rest.prefix(while: isLetter), as: UTF8.self).uppercased()
            } else {
                rest = rest.dropFirst()
            }
        }
        return ""
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & 0xDF) }
}

/// What becomes of one statement of a dump.
enum DumpStatement: Equatable {
    case plain
    /// The dump's own transaction and settings: all of it runs in one transaction of ours.
    case ours
    case unfit(String, advice: String?)

    static let throughFile = "make a database of it (sqlite3 new.sqlite < dump.sql) and import that"

    init(_ piece: DumpReader.Piece) {
        let words = piece.sql.prefix(200).lowercased()
        switch piece.keyword {
        case "BEGIN", "COMMIT", "END": self = .ours
        case "ROLLBACK":
            self = .unfit("the dump undoes itself: sqlite3 met errors when it made it", advice: nil)
        case "PRAGMA" where words.contains("foreign_keys"): self = .ours
        case "PRAGMA" where words.contains("writable_schema"):
            self = .unfit(
                "dumps of virtual tables write into the schema, which no tenant's SQL may", advice: Self.throughFile)
        default: self = .plain
        }
    }
}
