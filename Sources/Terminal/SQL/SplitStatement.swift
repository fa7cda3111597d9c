/// One statement out of a text of many.
package struct SplitStatement: Sendable, Equatable {
    /// With its semicolon, if it has one.
    package let text: String
    /// The word that it begins with, in capitals; empty where it begins with none.
    package let keyword: String
    /// Names of its parameters with their signs (`:id`, `@id`, `$id`), each once, in order.
    package let names: [String]
    /// Parameters without a name (`?`, `?3`).
    package let hasPositions: Bool
    /// Where it begins: a line of the text, from 1.
    package let line: Int

    /// Whether the number of rows that it changed means something.
    package var changesRows: Bool { ["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"].contains(keyword) }
    /// Whether a transaction may begin or end with it.
    package var isTransactional: Bool {
        ["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"].contains(keyword)
    }
    /// Whether it can be told from its first word that it only reads.
    package var onlyReads: Bool { ["SELECT", "VALUES", "EXPLAIN"].contains(keyword) }
    /// Whether tables may be others after it.
    package var changesSchema: Bool { ["CREATE", "DROP", "ALTER"].contains(keyword) || isTransactional }
}
