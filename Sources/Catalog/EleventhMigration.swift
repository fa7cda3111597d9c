/// Schema 11: how far a copy is behind its tenant, and how long writes would wait for the rest.
enum EleventhMigration {
    @Sendable static func statements(_ dialect: CatalogDialect) -> [String] {
        [
            "ALTER TABLE moves ADD COLUMN lag BIGINT NOT NULL DEFAULT 0",
            "ALTER TABLE moves ADD COLUMN predicted BIGINT",
        ]
    }
}
