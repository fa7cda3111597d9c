/// Schema 3: finds removals that were cut short without going through all tenants, and old moves to forget.
enum ThirdMigration {
    @Sendable static func statements(_: CatalogDialect) -> [String] {
        [
            "CREATE INDEX tenants_purging ON tenants (id) WHERE state = 'purging'",
            "CREATE INDEX moves_ended ON moves (updated) WHERE state IN ('done', 'aborted')",
        ]
    }
}
