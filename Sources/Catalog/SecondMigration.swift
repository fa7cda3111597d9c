/// Schema 2: what tells a catalog, and a node's data directory, from others of the same name.
enum SecondMigration {
    @Sendable static func statements(_ dialect: CatalogDialect) -> [String] {
        [
            "ALTER TABLE nodes ADD COLUMN directory TEXT",
            "CREATE TABLE catalog_identity (id BIGINT NOT NULL PRIMARY KEY, identity TEXT NOT NULL)",
        ]
    }
}
