/// Schema 4: the newest generation that each tenant's replicas were given, so that no node ever gives one again.
enum FourthMigration {
    @Sendable static func statements(_: CatalogDialect) -> [String] {
        ["CREATE TABLE replica_generations (tenant BIGINT NOT NULL PRIMARY KEY, generation BIGINT NOT NULL)"]
    }
}
