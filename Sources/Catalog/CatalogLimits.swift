/// The bounds of one transaction; beyond them it is refused before it is run or sent.
package enum CatalogLimits {
    package static let statements = 512
    package static let arguments = 64
    /// Bytes of one statement's text.
    package static let sqlBytes = 64 << 10
    /// Rows of one statement's result.
    package static let rows = 10_000
    /// Bytes of an encoded transaction or outcome.
    package static let messageBytes = 16 << 20
    /// Bytes of a mutating transaction's encoded result, since it is stored.
    package static let storedResultBytes = 256 << 10

    /// - Throws: `CatalogError.refused` naming the limit.
    static func check(_ transaction: CatalogTransaction) throws(CatalogError) {
        guard transaction.statements.count <= statements else {
            throw .refused("\(transaction.statements.count) statements; at most \(statements)")
        }
        for statement in transaction.statements {
            guard statement.arguments.count <= arguments else {
                throw .refused("\(statement.arguments.count) arguments; at most \(arguments)")
            }
            for case .text(let text) in statement.arguments where text.utf8.contains(0) {
                // Not every database stores it; what one refuses, all do.
                throw .refused("a text with a NUL character")
            }
            guard statement.sql.utf8.count <= sqlBytes else {
                throw .refused("a statement of \(statement.sql.utf8.count) bytes; at most \(sqlBytes)")
            }
        }
    }
}
