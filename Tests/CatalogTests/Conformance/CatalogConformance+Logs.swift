import Catalog
import Testing
import Vocabulary

extension CatalogConformance {
    func changeLog() async throws {
        _ = try await register(2)
        let before = try await log.positions()
        #expect(before == Array(repeating: 0, count: ChangeLog.buckets))
        let tenant = try await ready("a")
        let bucket = ChangeLog.bucket(of: tenant.id)
        _ = try await tenants.rename(tenant.id, to: key("b"), at: .hours(1))
        _ = try await prepared(tenant, to: "n2", move: "m1")
        _ = try await RevokedTokenRows(store).revoke("t1", of: tenant.id, until: .hours(9), at: .hours(1))
        _ = try await placements.settleAll(ownedBy: node("n1"), at: .hours(1))
        _ = try await tenants.delete(tenant.id, at: .hours(1))
        _ = try await tenants.beginPurge(tenant.id, ownedBy: node("n1"), at: .hours(1))
        try await tenants.purge(tenant.id, at: .hours(1))
        let changes = try await log.changes(in: bucket, after: 0)
        #expect(changes.map(\.seq) == Array(1...9))
        #expect(changes.map(\.key.string) == ["a", "a", "b", "b", "b", "b", "b", "b", "b"])
        let kinds: [CatalogChange.Kind] = [
            .tenant, .tenant, .tenant, .placement, .tokens, .placement, .tenant, .tenant, .tenant,
        ]
        #expect(changes.map(\.kind) == kinds)
        #expect(changes.allSatisfy { $0.tenant == tenant.id })
        #expect(try await log.changes(in: bucket, after: 7).map(\.seq) == [8, 9])
        var positions = before
        positions[bucket] = 9
        #expect(try await log.positions() == positions)
        // What did not happen leaves no gap.
        _ = try await tenants.markReady(
            TenantID(UInt64(bucket) + 64_000), by: node("n1"), epoch: .first, at: .hours(1))
        #expect(try await log.positions() == positions)
        // Trimmed entries leave the numbers going on.
        var retention = Housekeeping.Retention()
        retention.changes = 2
        _ = try await Housekeeping(store).sweep(retention, at: .hours(1))
        #expect(try await log.changes(in: bucket, after: 0).map(\.seq) == [8, 9])
        #expect(try await log.positions() == positions)
    }

    func keysAndTokens() async throws {
        _ = try await register(1)
        let keys = SigningKeyRows(store)
        let first = SigningKeyRow(kid: "k1", publicKey: [1], privateKey: [2], created: .hours(0))
        let second = SigningKeyRow(kid: "k2", publicKey: [3], privateKey: [4], created: .hours(1))
        #expect(try await keys.add(first, onlyFirst: true) == .added("k1"))
        #expect(try await keys.add(second, onlyFirst: true) == .notFirst)
        #expect(try await keys.retire("k1", ifAnotherBefore: .hours(9), at: .hours(2)) == .lastOne)
        #expect(try await keys.remove("k1", ifAnotherBefore: .hours(9), at: .hours(2)) == .lastOne)
        #expect(try await keys.add(second) == .added("k2"))
        let again = await failure { () throws(CatalogError) in try await keys.add(second) }
        #expect(again == .conflict(statement: 2))
        // The other one is too young to rely on.
        #expect(try await keys.retire("k1", ifAnotherBefore: .hours(0), at: .hours(2)) == .lastOne)
        #expect(try await keys.retire("k1", ifAnotherBefore: .hours(1), at: .hours(2)) == .done)
        #expect(try await keys.retire("k1", ifAnotherBefore: .hours(1), at: .hours(5)) == .done)
        #expect(try await keys.list().map(\.retired) == [.hours(2), nil])
        #expect(try await keys.remove("k0", ifAnotherBefore: .hours(3), at: .hours(3)) == .notFound)
        #expect(try await keys.remove("k1", ifAnotherBefore: .hours(3), at: .hours(3)) == .done)
        #expect(try await keys.list() == [second])
        for number in 3...17 {
            // By clocks that are half an hour apart.
            let created = WallTime(milliseconds: WallTime.hours(3).milliseconds - Int64(number % 2) * 1_800_000)
            let key = SigningKeyRow(kid: "k\(number)", publicKey: [1], privateKey: [2], created: created)
            #expect(try await keys.add(key) == .added("k\(number)"))
        }
        #expect(try await keys.list().map(\.kid) == (2...17).map { "k\($0)" })
        let beyond = SigningKeyRow(kid: "k18", publicKey: [1], privateKey: [2], created: .hours(3))
        #expect(try await keys.add(beyond) == .tooMany)

        let tenant = try await ready("a")
        let tokens = RevokedTokenRows(store)
        #expect(try await tokens.revoke("t1", of: tenant.id, until: .hours(9), at: .hours(1)))
        #expect(try await tokens.revoke("t1", of: tenant.id, until: .hours(9), at: .hours(1)))
        #expect(try await !tokens.revoke("t2", of: TenantID(4711), until: .hours(9), at: .hours(1)))
        #expect(try await tokens.list().map(\.jti) == ["t1"])
        #expect(try await tokens.list(after: "t1").isEmpty)
        #expect(try await tokens.list(of: tenant.id).map(\.until) == [.hours(9)])
    }

    func housekeeping() async throws {
        _ = try await register(1)
        let tenant = try await ready("a")
        _ = try await tenants.rename(tenant.id, to: key("b"), at: .hours(0))
        _ = try await RevokedTokenRows(store).revoke("t1", of: tenant.id, until: .hours(9), at: .hours(0))
        let counting = CatalogTransaction(
            .read,
            [
                CatalogStatement("SELECT COUNT(*) FROM operations"),
                CatalogStatement("SELECT COUNT(*) FROM freed_keys"),
                CatalogStatement("SELECT COUNT(*) FROM revoked_tokens"),
            ])
        func counts() async throws -> [CatalogValue] { try await driver.run(counting).map { $0.rows[0][0] } }
        let before = try await counts()
        _ = try await Housekeeping(store).sweep(.init(), at: .hours(8))
        #expect(try await counts().dropFirst() == before.dropFirst())
        #expect(try await Housekeeping(store).sweep(.init(), at: .hours(48)) >= 4)
        // What is left is the sweeps' own operations, of which the first was at hour 8 and went with the rest.
        #expect(try await counts() == [.integer(1), .integer(0), .integer(0)])
    }
}
