/// What the portable SQL cannot say the same way everywhere: three words of the table definitions, and nothing else.
package enum CatalogDialect: Sendable {
    case sqlite
    case postgres

    var bytes: String {
        switch self {
        case .sqlite: "BLOB"
        case .postgres: "BYTEA"
        }
    }

    /// Text that compares and sorts byte for byte.
    var text: String {
        switch self {
        case .sqlite: "TEXT"
        case .postgres: "TEXT COLLATE \"C\""
        }
    }

    /// Tables that are their primary key's index, where that is to be had.
    var clustered: String {
        switch self {
        case .sqlite: " WITHOUT ROWID"
        case .postgres: ""
        }
    }
}
