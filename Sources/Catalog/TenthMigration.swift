/// Schema 10: leftovers sort byte for byte as all keys do, so that a newer version of the system's sorting rules cannot spoil their
/// index.
enum TenthMigration {
    @Sendable static func statements(_ dialect: CatalogDialect) -> [String] {
        switch dialect {
        // There text never sorts otherwise.
        case .sqlite: []
        case .postgres: ["ALTER TABLE leftovers ALTER COLUMN node TYPE \(dialect.text)"]
        }
    }
}
