/// What can be told of SQL by looking at its text, before SQLite has prepared it.
///
/// Never a ground for allowing something: confinement is SQLite's authorizer's. These rules only find statements that the
/// server answers itself, and text that SQLite would silently leave out.
package enum SQLText {
    /// A statement that SQLite itself is not given.
    package enum Special: Hashable, Sendable {
        /// `BEGIN READONLY`: libSQL's syntax, which SQLite does not know.
        case beginReadOnly
        case vacuum(Vacuum)
    }

    /// The forms of `VACUUM [schema] [INTO file]`.
    package enum Vacuum: Hashable, Sendable {
        case main
        /// Of the temporary schema: there is nothing to do.
        case temporary
        /// Would write a file.
        case into
        case unknownSchema(String)
        /// With what SQLite's grammar has no place for.
        case malformed(near: String)
    }

    /// The keyword or identifier that the first statement begins with, in capitals, past any white space, comments and
    /// semicolons; nil if there is none or it begins with anything else. Words of more than 15 bytes are nil too: no
    /// statement begins with one.
    package static func firstKeyword(_ sql: UnsafeRawBufferPointer, from offset: Int = 0) -> String? {
        var scanner = SQLScanner(sql, from: offset)
        return firstWord(&scanner).flatMap { keyword(sql, $0) }
    }

    package static func isExplain(_ sql: UnsafeRawBufferPointer, from offset: Int = 0) -> Bool {
        firstKeyword(sql, from: offset) == "EXPLAIN"
    }

    /// The statement at `offset`, if the server answers it itself, and the offset after it and its semicolon.
    ///
    /// Recognised are `BEGIN READONLY [TRANSACTION [name]]`, `BEGIN TRANSACTION READONLY` and everything that begins with
    /// `VACUUM`, in any case, with any white space and comments. A `BEGIN READONLY` with more behind it is not recognised:
    /// SQLite refuses it with its own message.
    package static func special(
        _ sql: UnsafeRawBufferPointer, from offset: Int = 0
    ) -> (statement: Special, end: Int)? {
        var scanner = SQLScanner(sql, from: offset)
        guard let first = firstWord(&scanner) else { return nil }
        switch keyword(sql, first) {
        case "BEGIN": return isReadOnlyTail(sql, &scanner) ? (.beginReadOnly, scanner.offset) : nil
        case "VACUUM": return (.vacuum(vacuum(sql, &scanner)), scanner.offset)
        default: return nil
        }
    }

    /// The offset of the first content from `tail` on, where `tail` is where SQLite stopped preparing the first statement;
    /// nil if only white space, comments and semicolons follow.
    package static func content(_ sql: UnsafeRawBufferPointer, after tail: Int) -> Int? {
        var scanner = SQLScanner(sql, from: tail)
        while true {
            scanner.skipSpaceAndComments()
            let start = scanner.offset
            guard let token = scanner.next() else { return nil }
            if token != .semicolon { return start }
        }
    }

    // MARK: Parts

    private static func firstWord(_ scanner: inout SQLScanner) -> Range<Int>? {
        while let token = scanner.next() {
            if token == .semicolon { continue }
            guard case .word(let range) = token else { return nil }
            return range
        }
        return nil
    }

    /// A word in capitals; short enough not to need memory of its own.
    static func keyword(_ sql: UnsafeRawBufferPointer, _ range: Range<Int>) -> String? {
        guard range.count <= 15 else { return nil }
        return String(unsafeUninitializedCapacity: 15) { out in
            for (index, byte) in sql[range].enumerated() {
                out[index] = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte & 0xDF : byte
            }
            return range.count
        }
    }

    /// What follows `BEGIN` in the forms that ask for a transaction without writes, up to the statement's end.
    private static func isReadOnlyTail(_ sql: UnsafeRawBufferPointer, _ scanner: inout SQLScanner) -> Bool {
        switch nextKeyword(sql, &scanner) {
        case "READONLY":
            guard let second = scanner.next(), second != .semicolon else { return true }
            guard case .word(let range) = second, keyword(sql, range) == "TRANSACTION" else { return false }
            guard let third = scanner.next(), third != .semicolon else { return true }
            return third != .other && isEnd(&scanner)
        case "TRANSACTION":
            return nextKeyword(sql, &scanner) == "READONLY" && isEnd(&scanner)
        default:
            return false
        }
    }

    private static func nextKeyword(_ sql: UnsafeRawBufferPointer, _ scanner: inout SQLScanner) -> String? {
        guard case .word(let range)? = scanner.next() else { return nil }
        return keyword(sql, range)
    }

    private static func isEnd(_ scanner: inout SQLScanner) -> Bool {
        guard let token = scanner.next() else { return true }
        return token == .semicolon
    }

    /// What follows `VACUUM`, to the end of the statement.
    private static func vacuum(_ sql: UnsafeRawBufferPointer, _ scanner: inout SQLScanner) -> Vacuum {
        var form = Vacuum.main
        var position = 0
        while let (token, text) = nextToken(sql, &scanner) {
            if token == .semicolon { return form }
            switch (form, position) {
            // Anything may follow: it is refused whatever it is.
            case (.into, _), (.malformed, _): break
            case (_, _) where isInto(sql, token): form = .into
            case (_, 0) where token != .other: form = schema(text)
            default: form = .malformed(near: text)
            }
            position += 1
        }
        return form
    }

    private static func nextToken(
        _ sql: UnsafeRawBufferPointer, _ scanner: inout SQLScanner
    ) -> (SQLToken, String)? {
        scanner.skipSpaceAndComments()
        let start = scanner.offset
        guard let token = scanner.next() else { return nil }
        return (token, String(decoding: sql[start..<min(scanner.offset, start + 128)], as: UTF8.self))
    }

    private static func isInto(_ sql: UnsafeRawBufferPointer, _ token: SQLToken) -> Bool {
        guard case .word(let range) = token else { return false }
        return keyword(sql, range) == "INTO"
    }

    private static func schema(_ name: String) -> Vacuum {
        let bare = name.first.map { "'\"`[".contains($0) } ?? false ? name.dropFirst().dropLast() : name[...]
        switch bare.lowercased() {
        case "main": return .main
        case "temp": return .temporary
        default: return .unknownSchema(String(bare))
        }
    }
}

extension String {
    /// Calls `body` with the text's UTF-8.
    package func withRawUTF8<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var text = self
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
