/// Schema 1: tenants and where they are, nodes, moves, keys, and the logs.
///
/// 64-bit ids and hashes keep their bits in BIGINT; times are milliseconds since 1970 UTC; flags are 0 and 1.
enum FirstMigration {
    @Sendable static func statements(_ dialect: CatalogDialect) -> [String] {
        tenants(dialect) + changes(dialect) + nodes(dialect) + moves(dialect) + keys(dialect) + logs(dialect)
    }

    private static func tenants(_ dialect: CatalogDialect) -> [String] {
        [
            """
            CREATE TABLE tenants (
                id BIGINT NOT NULL PRIMARY KEY,
                key \(dialect.text) NOT NULL UNIQUE,
                schema_name TEXT NOT NULL,
                state TEXT NOT NULL,
                state_before TEXT,
                durability TEXT NOT NULL,
                labels TEXT NOT NULL,
                quotas TEXT NOT NULL,
                pin TEXT,
                created BIGINT NOT NULL,
                used BIGINT,
                deleted BIGINT,
                renamed BIGINT,
                revision BIGINT NOT NULL,
                bytes BIGINT NOT NULL,
                txid BIGINT NOT NULL)
            """,
            "CREATE INDEX tenants_creating ON tenants (id) WHERE state = 'creating'",
            "CREATE INDEX tenants_deleted ON tenants (deleted, id) WHERE state = 'deleted'",
            """
            CREATE TABLE freed_keys (
                key \(dialect.text) NOT NULL PRIMARY KEY,
                tenant BIGINT NOT NULL,
                freed BIGINT NOT NULL)\(dialect.clustered)
            """,
            """
            CREATE TABLE placements (
                tenant BIGINT NOT NULL PRIMARY KEY,
                owner TEXT NOT NULL,
                epoch BIGINT NOT NULL,
                version BIGINT NOT NULL,
                state TEXT NOT NULL,
                target TEXT,
                move TEXT)
            """,
            "CREATE INDEX placements_owner ON placements (owner, tenant)",
            "CREATE INDEX placements_moving ON placements (owner, tenant) WHERE state = 'moving'",
        ]
    }

    private static func changes(_ dialect: CatalogDialect) -> [String] {
        let buckets = (0..<ChangeLog.buckets).map { "(\($0), 0)" }.joined(separator: ", ")
        return [
            "CREATE TABLE change_counters (bucket BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL)",
            "INSERT INTO change_counters (bucket, seq) VALUES \(buckets)",
            """
            CREATE TABLE changes (
                bucket BIGINT NOT NULL,
                seq BIGINT NOT NULL,
                tenant BIGINT NOT NULL,
                key \(dialect.text) NOT NULL,
                kind TEXT NOT NULL,
                PRIMARY KEY (bucket, seq))\(dialect.clustered)
            """,
        ]
    }

    private static func nodes(_ dialect: CatalogDialect) -> [String] {
        [
            """
            CREATE TABLE nodes (
                id \(dialect.text) NOT NULL PRIMARY KEY,
                incarnation BIGINT NOT NULL,
                beat BIGINT NOT NULL,
                state TEXT NOT NULL,
                reason TEXT,
                address TEXT NOT NULL,
                zone TEXT NOT NULL,
                labels TEXT NOT NULL,
                stops_at_deadline BIGINT NOT NULL,
                format BIGINT NOT NULL,
                protocol BIGINT NOT NULL,
                registered BIGINT NOT NULL)
            """
        ]
    }

    private static func moves(_ dialect: CatalogDialect) -> [String] {
        [
            """
            CREATE TABLE moves (
                id \(dialect.text) NOT NULL PRIMARY KEY,
                tenant BIGINT NOT NULL,
                source TEXT NOT NULL,
                target TEXT NOT NULL,
                state TEXT NOT NULL,
                epoch BIGINT NOT NULL,
                bytes BIGINT NOT NULL,
                pause BIGINT,
                txid BIGINT,
                checksum BIGINT,
                reason TEXT,
                created BIGINT NOT NULL,
                updated BIGINT NOT NULL)
            """,
            "CREATE INDEX moves_tenant ON moves (tenant, created)",
            "CREATE INDEX moves_created ON moves (created, id)",
        ]
    }

    private static func keys(_ dialect: CatalogDialect) -> [String] {
        [
            """
            CREATE TABLE signing_keys (
                kid \(dialect.text) NOT NULL PRIMARY KEY,
                public_key \(dialect.bytes) NOT NULL,
                private_key \(dialect.bytes) NOT NULL,
                created BIGINT NOT NULL,
                retired BIGINT)
            """,
            """
            CREATE TABLE revoked_tokens (
                jti \(dialect.text) NOT NULL PRIMARY KEY,
                tenant BIGINT NOT NULL,
                valid_until BIGINT NOT NULL)
            """,
            "CREATE INDEX revoked_tokens_until ON revoked_tokens (valid_until)",
        ]
    }

    private static func logs(_ dialect: CatalogDialect) -> [String] {
        [
            """
            CREATE TABLE operations (
                id \(dialect.bytes) NOT NULL PRIMARY KEY,
                result \(dialect.bytes) NOT NULL,
                recorded BIGINT NOT NULL)
            """,
            "CREATE INDEX operations_recorded ON operations (recorded)",
            """
            CREATE TABLE audit (
                recorded BIGINT NOT NULL,
                id BIGINT NOT NULL,
                actor TEXT NOT NULL,
                action TEXT NOT NULL,
                subject \(dialect.text) NOT NULL,
                detail TEXT NOT NULL,
                origin TEXT NOT NULL,
                PRIMARY KEY (recorded, id))
            """,
            "CREATE INDEX audit_subject ON audit (subject, recorded)",
        ]
    }
}
