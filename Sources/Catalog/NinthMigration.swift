/// Schema 9: which nodes are drained and what they report, and plans with what came of their rows.
enum NinthMigration {
    @Sendable static func statements(_ dialect: CatalogDialect) -> [String] {
        nodes(dialect) + plans(dialect) + controller + [
            "ALTER TABLE tenants ADD COLUMN isolated BIGINT NOT NULL DEFAULT 0",
            "CREATE INDEX tenants_bound ON tenants (id) WHERE pin IS NOT NULL OR isolated = 1",
        ]
    }

    /// `drain_since` is the operator's will; the state `draining` follows it, also over a restart.
    private static func nodes(_ dialect: CatalogDialect) -> [String] {
        [
            "ALTER TABLE nodes ADD COLUMN holds_catalog BIGINT NOT NULL DEFAULT 0",
            "ALTER TABLE nodes ADD COLUMN drain_since BIGINT",
            "ALTER TABLE nodes ADD COLUMN drain_tenants BIGINT",
            "ALTER TABLE nodes ADD COLUMN drain_note TEXT",
            "UPDATE nodes SET drain_since = registered WHERE state = 'draining'",
            """
            CREATE TABLE node_reports (
                node \(dialect.text) NOT NULL PRIMARY KEY,
                incarnation BIGINT NOT NULL,
                reported BIGINT NOT NULL,
                report \(dialect.bytes) NOT NULL)
            """,
        ]
    }

    /// `body` is the plan as it was made; what became of its rows is beside it.
    private static func plans(_ dialect: CatalogDialect) -> [String] {
        [
            """
            CREATE TABLE plans (
                id \(dialect.text) NOT NULL PRIMARY KEY,
                state TEXT NOT NULL,
                made BIGINT NOT NULL,
                expires BIGINT NOT NULL,
                changed BIGINT NOT NULL,
                moves BIGINT NOT NULL,
                body \(dialect.bytes) NOT NULL)
            """,
            "CREATE INDEX plans_made ON plans (made, id)",
            "CREATE INDEX plans_applying ON plans (changed, id) WHERE state = 'applying'",
            """
            CREATE TABLE plan_rows (
                plan \(dialect.text) NOT NULL,
                place BIGINT NOT NULL,
                state TEXT NOT NULL,
                move TEXT,
                reason TEXT,
                purpose TEXT NOT NULL,
                bytes BIGINT NOT NULL,
                changed BIGINT NOT NULL,
                PRIMARY KEY (plan, place))\(dialect.clustered)
            """,
            "CREATE INDEX plan_rows_changed ON plan_rows (changed)",
        ]
    }

    private static let controller = [
        """
        CREATE TABLE rebalancer (
            id BIGINT NOT NULL PRIMARY KEY,
            holder TEXT,
            term BIGINT NOT NULL,
            beat BIGINT NOT NULL,
            paused_until BIGINT)
        """,
        "INSERT INTO rebalancer (id, term, beat) VALUES (1, 0, 0)",
    ]
}
