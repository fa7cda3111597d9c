/// Schema 7: flags with their history, requests that are done once, and whom and what the audit log is asked about.
enum SeventhMigration {
    @Sendable static func statements(_ dialect: CatalogDialect) -> [String] {
        flags(dialect) + requests(dialect) + [
            "ALTER TABLE audit ADD COLUMN tenant BIGINT",
            "ALTER TABLE audit ADD COLUMN request TEXT NOT NULL DEFAULT ''",
            "CREATE INDEX audit_tenant ON audit (tenant, recorded, id)",
            "CREATE INDEX audit_actor ON audit (actor, recorded, id)",
        ]
    }

    private static func flags(_ dialect: CatalogDialect) -> [String] {
        [
            "CREATE TABLE flag_counter (id BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL)",
            "INSERT INTO flag_counter (id, seq) VALUES (1, 0)",
            """
            CREATE TABLE flags (
                name \(dialect.text) NOT NULL PRIMARY KEY,
                version BIGINT NOT NULL,
                value TEXT,
                source BIGINT NOT NULL,
                seq BIGINT NOT NULL UNIQUE,
                changed BIGINT NOT NULL,
                actor TEXT NOT NULL)
            """,
            """
            CREATE TABLE flag_history (
                name \(dialect.text) NOT NULL,
                version BIGINT NOT NULL,
                value TEXT,
                source BIGINT NOT NULL,
                seq BIGINT NOT NULL,
                changed BIGINT NOT NULL,
                actor TEXT NOT NULL,
                PRIMARY KEY (name, version))\(dialect.clustered)
            """,
        ]
    }

    private static func requests(_ dialect: CatalogDialect) -> [String] {
        [
            """
            CREATE TABLE request_keys (
                id \(dialect.bytes) NOT NULL PRIMARY KEY,
                principal TEXT NOT NULL,
                tag \(dialect.bytes) NOT NULL,
                seed \(dialect.bytes) NOT NULL,
                holder TEXT NOT NULL,
                held_until BIGINT NOT NULL,
                status BIGINT,
                answer \(dialect.bytes),
                created BIGINT NOT NULL)
            """,
            "CREATE INDEX request_keys_created ON request_keys (created)",
            "CREATE INDEX request_keys_principal ON request_keys (principal, created)",
        ]
    }
}
