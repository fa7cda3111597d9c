/// What a statement means for the transaction around it, as far as its words tell.
package enum StatementRole: Hashable, Sendable {
    /// It changes nothing, whatever it reads.
    case reads
    /// Outside of a transaction it may be a commit of its own.
    case changes
    case begins
    case commits
    case rollsBack
    /// SAVEPOINT, RELEASE, ROLLBACK TO.
    case savepoint
    /// One that the server runs itself, in a way of its own.
    case special
}

extension SQLText {
    /// The role of the first statement. What is not known to read only is taken to change something.
    package static func role(_ sql: UnsafeRawBufferPointer, from offset: Int = 0) -> StatementRole {
        switch firstKeyword(sql, from: offset) {
        case nil, "SELECT", "VALUES", "EXPLAIN": .reads
        case "BEGIN": special(sql, from: offset) == nil ? .begins : .special
        case "COMMIT", "END": .commits
        case "ROLLBACK": words(of: sql, from: offset).contains("TO") ? .savepoint : .rollsBack
        case "SAVEPOINT", "RELEASE": .savepoint
        case "VACUUM": .special
        case "PRAGMA": readsPragma(sql, from: offset) ? .reads : .changes
        case "WITH": words(of: sql, from: offset).first(where: verbs.contains) == "SELECT" ? .reads : .changes
        default: .changes
        }
    }

    /// Pragmas whose argument only says what is asked for.
    private static let asking: Set<String> = [
        "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
        "foreign_key_check", "integrity_check", "quick_check",
    ]
    /// Those that act without one.
    private static let acting: Set<String> = ["optimize", "incremental_vacuum", "wal_checkpoint"]

    private static func readsPragma(_ sql: UnsafeRawBufferPointer, from offset: Int) -> Bool {
        var scanner = SQLScanner(sql, from: offset)
        var name = ""
        while let token = scanner.next() {
            switch token {
            case .semicolon:
                if !name.isEmpty { return !acting.contains(name) }
            case .word(let range): name = String(decoding: sql[range].prefix(32), as: UTF8.self).lowercased()
            case .quoted: return false
            case .other:
                switch sql[scanner.offset - 1] {
                case UInt8(ascii: "."): break
                case UInt8(ascii: "("): return asking.contains(name)
                default: return false
                }
            }
        }
        return !acting.contains(name)
    }

    /// What the tables of a WITH may be followed by. VALUES is left out: INSERT has it, too.
    private static let verbs: Set<String> = ["SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE"]

    /// The words of the first statement that stand outside of parentheses, in capitals.
    private static func words(of sql: UnsafeRawBufferPointer, from offset: Int) -> [String] {
        var scanner = SQLScanner(sql, from: offset)
        var words: [String] = []
        var depth = 0
        while let token = scanner.next() {
            switch token {
            case .semicolon:
                if !words.isEmpty { return words }
            case .word(let range):
                if depth == 0, let word = keyword(sql, range) { words.append(word) }
            case .quoted: break
            case .other:
                let byte = sql[scanner.offset - 1]
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") { depth -= 1 }
            }
        }
        return words
    }
}
