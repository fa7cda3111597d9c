/// Finds what the word before the cursor may become.
package enum SQLCompleter {
    /// More are not shown.
    private static let most = 200

    /// - Parameters:
    ///   - before: the text before the cursor, of this line.
    ///   - isContinued: whether a statement goes on from the lines before.
    package static func completion(_ before: String, isContinued: Bool, names: SchemaNames) -> Completion {
        if !isContinued, before.first == "." { return command(before, names) }
        let word = String(before.reversed().prefix { isPart($0) }.reversed())
        if let dot = word.lastIndex(of: ".") {
            let table = unquoted(String(word[..<dot]))
            let typed = String(word[word.index(after: dot)...])
            return matching(typed, columns(of: table, names))
        }
        let rest = before.dropLast(word.count)
        let previous = rest.split { !isPart($0) }.last.map { $0.uppercased() } ?? ""
        if ["FROM", "JOIN", "INTO", "UPDATE", "TABLE"].contains(previous) {
            return matching(word, names.tables.keys.sorted().map(quoted))
        }
        guard !word.isEmpty else { return Completion(typed: 0, candidates: []) }
        let columns = Set(names.tables.values.joined()).sorted().map(quoted)
        return matching(word, names.tables.keys.sorted().map(quoted) + columns + keywords(like: word))
    }

    private static func command(_ before: String, _ names: SchemaNames) -> Completion {
        let words = before.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let typed = words.last ?? ""
        guard words.count > 1 else { return matching(typed, DotCommand.Name.allCases.map { ".\($0.rawValue)" }) }
        switch (try? DotCommand(words[0]))?.name {
        case .mode: return matching(typed, ResultFormat.named.map(\.rawValue))
        case .bail, .echo, .headers, .timer: return matching(typed, ["on", "off"])
        case .dump, .indexes, .schema, .tables, .import: return matching(typed, names.tables.keys.sorted())
        case .parameter: return matching(typed, ["clear", "list", "set", "unset"])
        default: return Completion(typed: 0, candidates: [])
        }
    }

    private static func columns(of table: String, _ names: SchemaNames) -> [String] {
        let found = names.tables.first { $0.key.lowercased() == table.lowercased() }
        // An alias: any column may be meant.
        return (found?.value ?? Set(names.tables.values.joined()).sorted()).map(quoted)
    }

    private static func matching(_ typed: String, _ candidates: [String]) -> Completion {
        let wanted = typed.lowercased()
        var seen: Set<String> = []
        let found = candidates.filter { $0.lowercased().hasPrefix(wanted) && seen.insert($0.lowercased()).inserted }
        return Completion(typed: typed.count, candidates: Array(found.prefix(most)))
    }

    /// In small letters where small ones were typed.
    private static func keywords(like word: String) -> [String] {
        word.first?.isLowercase == true ? keywords.map { $0.lowercased() } : keywords
    }

    private static func isPart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "_.\"$".contains(character)
    }

    /// A name in quotes where it needs them.
    private static func quoted(_ name: String) -> String {
        let isPlain = name.first?.isNumber == false && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
        return isPlain && !keywords.contains(name.uppercased()) ? name : ValueText.identifier(name)
    }

    private static func unquoted(_ name: String) -> String {
        guard name.hasPrefix("\"") else { return name }
        let inner = name.dropFirst().dropLast(name.hasSuffix("\"") ? 1 : 0)
        return String(inner).replacing("\"\"", with: "\"")
    }

    private static let keywords: [String] = [
        "ABORT", "ADD", "AFTER", "ALL", "ALTER", "ANALYZE", "AND", "AS", "ASC", "AUTOINCREMENT", "BEFORE", "BEGIN",
        "BETWEEN", "BY", "CASCADE", "CASE", "CAST", "CHECK", "COLLATE", "COLUMN", "COMMIT", "CONFLICT", "CONSTRAINT",
        "CREATE", "CROSS", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "DEFAULT", "DEFERRABLE", "DEFERRED",
        "DELETE", "DESC", "DISTINCT", "DO", "DROP", "EACH", "ELSE", "END", "ESCAPE", "EXCEPT", "EXCLUSIVE", "EXISTS",
        "EXPLAIN", "FILTER", "FIRST", "FOLLOWING", "FOR", "FOREIGN", "FROM", "FULL", "GENERATED", "GLOB", "GROUP",
        "HAVING", "IF", "IGNORE", "IMMEDIATE", "IN", "INDEX", "INDEXED", "INNER", "INSERT", "INSTEAD", "INTERSECT",
        "INTO", "IS", "ISNULL", "JOIN", "KEY", "LAST", "LEFT", "LIKE", "LIMIT", "MATCH", "MATERIALIZED", "NATURAL",
        "NOT", "NOTHING", "NOTNULL", "NULL", "NULLS", "OFFSET", "ON", "OR", "ORDER", "OUTER", "OVER", "PARTITION",
        "PLAN", "PRAGMA", "PRECEDING", "PRIMARY", "QUERY", "RANGE", "RECURSIVE", "REFERENCES", "REGEXP", "REINDEX",
        "RELEASE", "RENAME", "REPLACE", "RESTRICT", "RETURNING", "RIGHT", "ROLLBACK", "ROW", "ROWS", "SAVEPOINT",
        "SELECT", "SET", "STRICT", "TABLE", "TEMP", "TEMPORARY", "THEN", "TO", "TRANSACTION", "TRIGGER", "UNBOUNDED",
        "UNION", "UNIQUE", "UPDATE", "USING", "VACUUM", "VALUES", "VIEW", "VIRTUAL", "WHEN", "WHERE", "WINDOW", "WITH",
        "WITHOUT",
    ]
}
