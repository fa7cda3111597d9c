/// Schema 8: which nodes may hold a file that no row names any more, and sessions by when they were ended. (``TenthMigration`` has
/// how the node's name sorts.)
enum EighthMigration {
    @Sendable static func statements(_ dialect: CatalogDialect) -> [String] {
        [
            """
            CREATE TABLE leftovers (
                node TEXT NOT NULL,
                tenant BIGINT NOT NULL,
                epoch BIGINT NOT NULL,
                since BIGINT NOT NULL,
                PRIMARY KEY (node, tenant, epoch))
            """,
            "CREATE INDEX sessions_revoked ON sessions (revoked) WHERE revoked IS NOT NULL",
        ]
    }
}
