/// Schema 5: lists by size and by use without going through all tenants.
enum FifthMigration {
    @Sendable static func statements(_: CatalogDialect) -> [String] {
        [
            "CREATE INDEX tenants_bytes ON tenants (bytes, id)",
            "CREATE INDEX tenants_used ON tenants (COALESCE(used, 0), id)",
        ]
    }
}
