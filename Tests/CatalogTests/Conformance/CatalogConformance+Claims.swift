import Catalog
import Testing
import Vocabulary

extension CatalogConformance {
    private func reserve(
        _ value: String, for tenant: TenantID, token: UInt8, until: WallTime = .hours(1)
    ) async throws -> ClaimRows.ReserveOutcome {
        try await ClaimRows(store).reserve(
            "slug", value, for: tenant, token: [token], until: until, at: .hours(0))
    }

    private func reserved(_ value: String, for tenant: TenantID, token: UInt8) async throws -> ClaimRow {
        guard case .reserved(let row) = try await reserve(value, for: tenant, token: token) else {
            throw ConformanceFailure(what: "\(value) was not reserved")
        }
        return row
    }

    func claims() async throws {
        _ = try await register(2)
        let claims = ClaimRows(store)
        let (a, b) = (try await ready("a"), try await ready("b", on: "n2"))
        let first = try await reserved("x", for: a.id, token: 1)
        #expect(first.state == .reserved && first.expires == .hours(1) && first.tenant == a.id)
        #expect(try await reserve("x", for: b.id, token: 2) == .taken(first))
        #expect(try await reserve("x", for: a.id, token: 3) == .taken(first))
        #expect(try await reserve("y", for: TenantID(99), token: 4) == .noTenant)
        // Another's row: a token names its own claim only.
        var forged = first
        forged.token = [9]
        #expect(try await claims.confirm(forged, at: .hours(0)) == .gone)
        #expect(try await !claims.remove(forged, onlyReserved: false, as: "claim.release", at: .hours(0)))
        // Time alone frees nothing.
        #expect(try await reserve("x", for: b.id, token: 2, until: .hours(9)) == .taken(first))
        guard case .confirmed(let kept) = try await claims.confirm(first, at: .hours(2)) else {
            throw ConformanceFailure(what: "x was not confirmed")
        }
        #expect(kept.state == .confirmed && kept.expires == nil)
        #expect(try await claims.confirm(first, at: .hours(3)) == .confirmed(kept))
        // A sweeper that comes too late takes nothing away.
        #expect(try await !claims.remove(first, onlyReserved: true, as: "claim.expire", at: .hours(3)))
        #expect(try await claims.remove(first, onlyReserved: false, as: "claim.release", at: .hours(3)))
        #expect(try await !claims.remove(first, onlyReserved: false, as: "claim.release", at: .hours(3)))
        #expect(try await claims.confirm(first, at: .hours(3)) == .gone)
        _ = try await reserved("x", for: b.id, token: 5)
        #expect(try await claims.find("slug", "x")?.tenant == b.id)
    }

    func expiredClaims() async throws {
        _ = try await register(2)
        let claims = ClaimRows(store)
        let (a, b) = (try await ready("a"), try await ready("b", on: "n2"))
        for number in 1...3 { _ = try await reserved("a\(number)", for: a.id, token: UInt8(number)) }
        _ = try await reserved("b", for: b.id, token: 4)
        _ = try await claims.confirm(try await reserved("c", for: a.id, token: 5), at: .hours(0))
        func due(_ node: String, at time: WallTime) async throws -> [String] {
            try await claims.expired(ownedBy: CatalogTests.node(node), at: time).map(\.value)
        }
        #expect(try await due("n1", at: .hours(0)).isEmpty)
        #expect(try await due("n1", at: .hours(1)) == ["a1", "a2", "a3"])
        #expect(try await due("n2", at: .hours(1)) == ["b"])
        let rest = try await claims.expired(ownedBy: CatalogTests.node("n1"), after: [1], at: .hours(1), limit: 1)
        #expect(rest.map(\.value) == ["a2"])
        // A deleted tenant keeps its claims until it is purged.
        _ = try await tenants.delete(a.id, at: .hours(2))
        #expect(try await due("n1", at: .hours(3)).isEmpty)
        #expect(
            try await reserve("a1", for: b.id, token: 6) == .taken(try #require(try await claims.find("slug", "a1"))))
        #expect(try await reserve("d", for: a.id, token: 6) == .noTenant)
        #expect(try await claims.list(tenant: a.id).map(\.value) == ["a1", "a2", "a3", "c"])
        #expect(try await claims.list(namespace: "slug", after: ("slug", "a3"), limit: 2).map(\.value) == ["b", "c"])
        #expect(try await claims.list(namespace: "phone").isEmpty)
        _ = try await tenants.beginPurge(a.id, ownedBy: CatalogTests.node("n1"), at: .hours(3))
        try await tenants.purge(a.id, at: .hours(3))
        #expect(try await claims.list().map(\.value) == ["b"])
        _ = try await reserved("a1", for: b.id, token: 7)
    }
}
