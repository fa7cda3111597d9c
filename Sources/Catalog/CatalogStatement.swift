/// One SQL statement of a transaction, with what must come of it.
///
/// Placeholders are `?1`, `?2`, …, and a question mark stands nowhere else in the text, so that a driver for another
/// dialect can rewrite them.
package struct CatalogStatement: Equatable, Sendable {
    package var sql: String
    package var arguments: [CatalogValue]
    package var expect: CatalogExpectation

    package init(_ sql: String, _ arguments: [CatalogValue] = [], expect: CatalogExpectation = .any) {
        self.sql = sql
        self.arguments = arguments
        self.expect = expect
    }
}

/// A guard on a statement's result. One that fails rolls the whole transaction back.
package enum CatalogExpectation: Equatable, Sendable {
    case any
    /// Exactly so many rows inserted, updated or deleted.
    case affected(Int)
    /// Exactly so many rows returned.
    case rows(Int)
    case atLeastOneRow

    package func holds(for result: CatalogRows) -> Bool {
        switch self {
        case .any: true
        case .affected(let count): result.affected == count
        case .rows(let count): result.rows.count == count
        case .atLeastOneRow: !result.rows.isEmpty
        }
    }
}

/// What one statement gave.
package struct CatalogRows: Equatable, Sendable {
    /// The values of each row, by position.
    package var rows: [[CatalogValue]]
    /// Rows inserted, updated or deleted; 0 for a statement that only reads.
    package var affected: Int

    package init(rows: [[CatalogValue]] = [], affected: Int = 0) {
        self.rows = rows
        self.affected = affected
    }
}
