/// Takes SQL apart into statements, as its lines come.
///
/// A statement ends with a semicolon outside of strings, quoted names and comments; one that creates a trigger with the `END` and the
/// semicolon behind its body, by the rule of SQLite's `sqlite3_complete`. Each byte is looked at once.
package struct StatementSplitter: Sendable {
    /// What the text so far is in the middle of.
    package enum Context: Sendable, Equatable {
        /// Nothing but white space and comments since the last statement.
        case between
        case statement
        /// A quote that is open.
        case quote(Character)
        case comment
        case trigger
    }

    private enum Lexical {
        case code
        case word
        case quote(UInt8)
        case lineComment
        case blockComment
    }

    private enum Token { case semicolon, other, explain, create, temporary, trigger, end }

    /// Where in a statement the text is, as far as triggers ask for it.
    private enum Place {
        case start
        case inside
        case afterExplain
        case afterCreate
        case inTrigger
        case afterSemicolonInTrigger
        case afterEndInTrigger
    }

    private var bytes: [UInt8] = []
    /// Where what has not ended begins.
    private var start = 0
    private var lexical = Lexical.code
    private var place = Place.start
    private var tokenStart = 0
    private var keyword: String?
    private var names: [String] = []
    private var hasPositions = false
    private var line = 1
    /// Where the statement's first token is; nil before it.
    private var firstToken: (offset: Int, line: Int)?
    private var ready: [SplitStatement] = []
    private var given = 0

    package init() {}

    package var context: Context {
        switch lexical {
        case .quote(let byte): return .quote(Character(Unicode.Scalar(byte)))
        case .blockComment: return .comment
        default: break
        }
        switch place {
        case .start: return firstToken == nil ? .between : .statement
        case .inTrigger, .afterSemicolonInTrigger, .afterEndInTrigger: return .trigger
        default: return .statement
        }
    }

    /// Bytes of a statement that has not ended.
    package var pendingBytes: Int { bytes.count }

    /// - Parameter text: whole lines, each with its line end, or the last piece of all.
    package mutating func feed(_ text: String) {
        var at = bytes.count
        bytes.append(contentsOf: text.utf8)
        while at < bytes.count { at = step(at) }
        compact()
    }

    /// Once a piece, not once a statement: there may be thousands in one.
    private mutating func compact() {
        bytes.removeFirst(start)
        tokenStart -= start
        if let first = firstToken { firstToken = (first.offset - start, first.line) }
        start = 0
    }

    /// The next whole statement.
    package mutating func next() -> SplitStatement? {
        guard given < ready.count else {
            ready = []
            given = 0
            return nil
        }
        defer { given += 1 }
        return ready[given]
    }

    /// What is left at the end of the text, which needs no semicolon; nil where nothing is.
    package mutating func finish() -> SplitStatement? {
        if case .word = lexical { endWord(bytes.count) }
        defer {
            clear(upTo: bytes.count)
            compact()
        }
        guard firstToken != nil else { return nil }
        cut(bytes.count)
        return ready.removeLast()
    }

    /// Forgets what has not ended.
    package mutating func reset() {
        clear(upTo: bytes.count)
        compact()
    }

    // MARK: Bytes

    /// - Returns: the offset to go on with.
    private mutating func step(_ at: Int) -> Int {
        let byte = bytes[at]
        switch lexical {
        case .code: return code(byte, at)
        case .word:
            guard SQLCharacter.isIdentifier(byte) else {
                endWord(at)
                return at
            }
        case .quote(let quote):
            // A doubled quote ends one run and begins the next.
            if byte == quote { lexical = .code }
        case .lineComment:
            if byte == 0x0A { lexical = .code }
        case .blockComment:
            if byte == UInt8(ascii: "/"), at > tokenStart + 2, bytes[at - 1] == UInt8(ascii: "*") { lexical = .code }
        }
        if byte == 0x0A { line += 1 }
        return at + 1
    }

    private mutating func code(_ byte: UInt8, _ at: Int) -> Int {
        let following = at + 1 < bytes.count ? bytes[at + 1] : 0
        switch byte {
        case _ where SQLCharacter.isSpace(byte):
            if byte == 0x0A { line += 1 }
        case 0xEF where following == 0xBB && at + 2 < bytes.count && bytes[at + 2] == 0xBF:
            return at + 3
        case UInt8(ascii: "-") where following == UInt8(ascii: "-"):
            lexical = .lineComment
        case UInt8(ascii: "/") where following == UInt8(ascii: "*"):
            (lexical, tokenStart) = (.blockComment, at)
            return at + 2
        case UInt8(ascii: ";"):
            token(.semicolon, at)
            if place == .start {
                if firstToken != nil { cut(at + 1) } else { clear(upTo: at + 1) }
            }
        case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
            token(.other, at)
            lexical = .quote(byte)
        case UInt8(ascii: "["):
            token(.other, at)
            lexical = .quote(UInt8(ascii: "]"))
        case _ where SQLCharacter.isIdentifier(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "@"):
            (lexical, tokenStart) = (.word, at)
        default:
            if byte == UInt8(ascii: "?") { hasPositions = true }
            token(.other, at)
        }
        return at + 1
    }

    // MARK: Tokens

    private mutating func endWord(_ end: Int) {
        lexical = .code
        let word = bytes[tokenStart..<end]
        if let first = word.first, ":@$".utf8.contains(first), word.count > 1 {
            let name = String(decoding: word, as: UTF8.self)
            if !names.contains(name) { names.append(name) }
            return token(.other, tokenStart)
        }
        let text = word.count <= 12 ? String(decoding: word, as: UTF8.self).uppercased() : ""
        if keyword == nil { keyword = firstToken == nil ? text : "" }
        switch text {
        case "EXPLAIN": token(.explain, tokenStart)
        case "CREATE": token(.create, tokenStart)
        case "TEMP", "TEMPORARY": token(.temporary, tokenStart)
        case "TRIGGER": token(.trigger, tokenStart)
        case "END": token(.end, tokenStart)
        default: token(.other, tokenStart)
        }
    }

    private mutating func token(_ token: Token, _ at: Int) {
        if firstToken == nil, token != .semicolon { firstToken = (at, line) }
        place = Self.after(place, token)
    }

    private static func after(_ place: Place, _ token: Token) -> Place {
        switch (place, token) {
        case (.inTrigger, .semicolon), (.afterSemicolonInTrigger, .semicolon): .afterSemicolonInTrigger
        case (_, .semicolon): .start
        case (.afterSemicolonInTrigger, .end): .afterEndInTrigger
        case (.inTrigger, _), (.afterSemicolonInTrigger, _), (.afterEndInTrigger, _): .inTrigger
        case (.start, .explain): .afterExplain
        case (.start, .create), (.afterExplain, .create): .afterCreate
        // EXPLAIN QUERY PLAN CREATE …
        case (.afterExplain, .other): .afterExplain
        case (.afterCreate, .temporary): .afterCreate
        case (.afterCreate, .trigger): .inTrigger
        default: .inside
        }
    }

    // MARK: Statements

    private mutating func cut(_ end: Int) {
        let first = firstToken ?? (0, line)
        ready.append(
            SplitStatement(
                text: String(decoding: bytes[first.offset..<end], as: UTF8.self), keyword: keyword ?? "",
                names: names, hasPositions: hasPositions, line: first.line))
        clear(upTo: end)
    }

    private mutating func clear(upTo end: Int) {
        start = end
        (lexical, place, keyword, names, hasPositions, firstToken) = (.code, .start, nil, [], false, nil)
    }
}
