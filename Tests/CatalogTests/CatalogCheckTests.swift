import Catalog
import Postgres
import Testing
import Vocabulary

@Suite struct CatalogCheckTests {
    @Test func `a catalog that was only used is consistent`() async throws {
        let driver = try await Self.catalog()
        let report = try await CatalogCheck(driver).run()
        #expect(report.findings.isEmpty, "\(report.findings)")
        #expect(report.schema == CatalogSchema.current && report.seal == nil)
        #expect(report.rows.first { $0.table == "tenants" }?.count == 4)
    }

    @Test(arguments: [
        ("tenant_without_placement", "DELETE FROM placements WHERE tenant = (SELECT id FROM tenants WHERE key = 'c')"),
        ("placement_without_tenant", "DELETE FROM tenants WHERE key = 'c'"),
        ("owner_unknown", "DELETE FROM nodes"),
        ("moving_without_move", "UPDATE placements SET state = 'moving', target = 'n1', move = 'x'"),
        ("stable_with_target", "UPDATE placements SET target = 'n1'"),
        (
            "membership_without_user",
            "INSERT INTO memberships (user_id, tenant, role, created, changed) SELECT 1, MIN(id), 'r', 1, 1 FROM tenants"
        ),
        ("membership_without_tenant", "UPDATE memberships SET tenant = 1"),
        ("session_without_user", "UPDATE sessions SET user_id = 1"),
        ("claim_without_tenant", "UPDATE claims SET tenant = 1 WHERE namespace = 'slug'"),
        ("email_without_user", "UPDATE claims SET state = 'confirmed' WHERE namespace = 'email'"),
        (
            "email_without_signup",
            "DELETE FROM signups"
        ),
        ("user_without_email", "DELETE FROM claims WHERE namespace = 'email' AND state = 'confirmed'"),
        ("signup_without_email", "DELETE FROM claims WHERE namespace = 'email' AND state = 'reserved'"),
        ("user_change_log_gap", "INSERT INTO user_changes (bucket, seq, user_id) VALUES (0, 5, 1)"),
        ("user_change_counters", "DELETE FROM user_change_counters WHERE seq = 0"),
        ("no_signing_key", "UPDATE signing_keys SET retired = 1"),
        ("change_log_gap", "DELETE FROM changes WHERE seq = 2"),
        ("change_log_gap", "UPDATE change_counters SET seq = seq - 1 WHERE seq > 0"),
        ("change_counters", "DELETE FROM change_counters WHERE seq = 0"),
    ])
    func `what should not be is found`(_ rule: String, _ damage: String) async throws {
        let driver = try await Self.catalog()
        _ = try await driver.run(CatalogTransaction(.schema, [CatalogStatement(damage)]))
        let found = try await CatalogCheck(driver).run().findings
        #expect(found.map(\.rule) == [rule], "\(found)")
    }

    @Test(.needsPostgres) func `the same on PostgreSQL`() async throws {
        let world = try await PostgresWorld()
        _ = try await TenantRows(Self.store(world.driver)).create(.init(key: key("a")), on: node("n1"), at: .hours(0))
        #expect(try await CatalogCheck(world.driver).run().findings.isEmpty)
        _ = try await world.driver.run(CatalogTransaction(.schema, [CatalogStatement("DELETE FROM placements")]))
        let found = try await CatalogCheck(world.driver).run().findings
        #expect(found.map(\.rule) == ["tenant_without_placement"] && found.first?.examples.count == 1)
        withExtendedLifetime(world) {}
    }

    private static func store(_ driver: any CatalogDriver) async throws -> CatalogStore {
        let store = CatalogStore.over(driver)
        _ = try await NodeRows(store).register(.init(id: node("n1"), address: ""), at: .hours(0))
        return store
    }

    private static func catalog() async throws -> SQLiteCatalogDriver {
        let driver = SQLiteCatalogDriver()
        try await CatalogSchema.migrate(driver, dialect: .sqlite, at: .hours(0))
        let store = try await store(driver)
        for name in ["a", "b", "c"] {
            let made = try await TenantRows(store).create(
                .init(key: key(name)), on: node("n1"), at: .hours(0))
            guard case .created(let row) = made else { throw ConformanceFailure(what: "\(made)") }
            _ = try await TenantRows(store).markReady(row.id, by: row.placement.owner, epoch: .first, at: .hours(0))
            for _ in 0..<3 { _ = try await TenantRows(store).patch(row.id, .init(), at: .hours(0)) }
            if name == "a" { try await people(of: row.id, store) }
        }
        _ = try await SigningKeyRows(store).add(
            SigningKeyRow(kid: "k", publicKey: [1], privateKey: [2], created: .hours(0)))
        return driver
    }

    /// A claim, a user with a session, and a sign-up under way.
    private static func people(of tenant: TenantID, _ store: CatalogStore) async throws {
        _ = try await ClaimRows(store).reserve("slug", "v", for: tenant, token: [9], until: .hours(1), at: .hours(0))
        let made = try await UserRows(store).create(
            CatalogEmail(given: "A@x.org", normal: "a@x.org", rule: 1), member: (tenant, .admin), at: .hours(0))
        guard case .created(let user) = made else { throw ConformanceFailure(what: "\(made)") }
        _ = try await SessionRows(store).create(
            NewSession(digest: [1], lifetime: 3_600_000), of: user.id, at: .hours(0))
        let new = NewSignUp(
            email: CatalogEmail(given: "b@x.org", normal: "b@x.org", rule: 1), password: nil,
            tenant: NewTenant(key: key("b2")), repeatKey: nil, request: [1])
        guard case .reserved = try await SignUpRows(store).reserve(new, on: node("n1"), at: .hours(0)) else {
            throw ConformanceFailure(what: "no sign-up")
        }
    }
}
