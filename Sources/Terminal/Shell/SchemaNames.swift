/// Names that a statement on a tenant may use.
package struct SchemaNames: Sendable, Equatable {
    /// Columns by table or view.
    package var tables: [String: [String]] = [:]

    package init() {}

    /// - Parameter rows: table and column, in the order of columns.
    package init(rows: [(table: String, column: String)]) {
        for (table, column) in rows { tables[table, default: []].append(column) }
    }
}
