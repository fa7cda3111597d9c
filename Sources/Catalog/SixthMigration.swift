/// Schema 6: users, the tenants that they may use, their sessions, and the claims that make a value one tenant's or one
/// user's alone.
///
/// As before: 64-bit ids keep their bits in BIGINT, times are milliseconds since 1970 UTC.
enum SixthMigration {
    @Sendable static func statements(_ dialect: CatalogDialect) -> [String] {
        claims(dialect) + users(dialect) + sessions(dialect) + signUps(dialect) + changes(dialect)
    }

    /// The only uniqueness there is beyond tenants' keys. Rows of the namespace `email` are touched by users' operations
    /// alone, in the same transactions as the users' rows.
    private static func claims(_ dialect: CatalogDialect) -> [String] {
        [
            """
            CREATE TABLE claims (
                namespace \(dialect.text) NOT NULL,
                value \(dialect.text) NOT NULL,
                state TEXT NOT NULL,
                token \(dialect.bytes) NOT NULL UNIQUE,
                tenant BIGINT,
                owner TEXT,
                created BIGINT NOT NULL,
                changed BIGINT NOT NULL,
                expires BIGINT,
                PRIMARY KEY (namespace, value))\(dialect.clustered)
            """,
            "CREATE INDEX claims_expires ON claims (expires) WHERE state <> 'confirmed'",
            "CREATE INDEX claims_tenant ON claims (tenant) WHERE tenant IS NOT NULL",
        ]
    }

    private static func users(_ dialect: CatalogDialect) -> [String] {
        [
            """
            CREATE TABLE users (
                id BIGINT NOT NULL PRIMARY KEY,
                email TEXT NOT NULL,
                normal \(dialect.text) NOT NULL UNIQUE,
                rule BIGINT NOT NULL,
                password TEXT,
                password_changed BIGINT,
                state TEXT NOT NULL,
                created BIGINT NOT NULL,
                changed BIGINT NOT NULL,
                revision BIGINT NOT NULL)\(dialect.clustered)
            """,
            """
            CREATE TABLE memberships (
                user_id BIGINT NOT NULL,
                tenant BIGINT NOT NULL,
                role TEXT NOT NULL,
                created BIGINT NOT NULL,
                changed BIGINT NOT NULL,
                PRIMARY KEY (user_id, tenant))\(dialect.clustered)
            """,
            "CREATE INDEX memberships_tenant ON memberships (tenant, user_id)",
        ]
    }

    /// `role` is a cap below the memberships' roles, `idle` the milliseconds by which use puts `expires` off, `ends` the time
    /// beyond which nothing does.
    private static func sessions(_ dialect: CatalogDialect) -> [String] {
        [
            """
            CREATE TABLE sessions (
                digest \(dialect.bytes) NOT NULL PRIMARY KEY,
                id BIGINT NOT NULL UNIQUE,
                user_id BIGINT NOT NULL,
                tenant BIGINT,
                role TEXT,
                device TEXT NOT NULL,
                origin TEXT NOT NULL,
                created BIGINT NOT NULL,
                slid BIGINT NOT NULL,
                idle BIGINT,
                expires BIGINT NOT NULL,
                ends BIGINT NOT NULL,
                revoked BIGINT)\(dialect.clustered)
            """,
            "CREATE INDEX sessions_user ON sessions (user_id, created, id)",
            "CREATE INDEX sessions_expires ON sessions (expires)",
        ]
    }

    /// Sign-ups under way, and those that ended a short while ago, for callers who ask again. `token` is their claim's;
    /// `repeat_key` and `request` are digests of the caller's Idempotency-Key and of what was asked, the password left out.
    private static func signUps(_ dialect: CatalogDialect) -> [String] {
        [
            """
            CREATE TABLE signups (
                token \(dialect.bytes) NOT NULL PRIMARY KEY,
                state TEXT NOT NULL,
                normal \(dialect.text) NOT NULL,
                user_id BIGINT NOT NULL,
                tenant BIGINT NOT NULL UNIQUE,
                repeat_key \(dialect.bytes) UNIQUE,
                request \(dialect.bytes) NOT NULL,
                password TEXT,
                created BIGINT NOT NULL,
                expires BIGINT NOT NULL)\(dialect.clustered)
            """,
            "CREATE INDEX signups_expires ON signups (expires)",
            "CREATE INDEX signups_user ON signups (user_id)",
        ]
    }

    /// What changed about users, for those who remember sessions: built as the tenants' change log is.
    private static func changes(_ dialect: CatalogDialect) -> [String] {
        let buckets = (0..<16).map { "(\($0), 0)" }.joined(separator: ", ")
        return [
            "CREATE TABLE user_change_counters (bucket BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL)",
            "INSERT INTO user_change_counters (bucket, seq) VALUES \(buckets)",
            """
            CREATE TABLE user_changes (
                bucket BIGINT NOT NULL,
                seq BIGINT NOT NULL,
                user_id BIGINT NOT NULL,
                PRIMARY KEY (bucket, seq))\(dialect.clustered)
            """,
        ]
    }
}
