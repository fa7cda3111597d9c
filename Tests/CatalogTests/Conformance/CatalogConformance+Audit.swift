import Catalog
import Testing
import Vocabulary

extension CatalogConformance {
    private func author(_ actor: String, _ action: String = "call") -> AuditAuthor {
        AuditAuthor(actor: actor, origin: "10.0.0.7", request: "r-\(actor)", action: action, subject: "/v1/call")
    }

    private func entries(_ edit: (inout AuditQuery) -> Void = { _ in }) async throws -> [AuditEntry] {
        var query = AuditQuery()
        query.isNewestFirst = false
        query.limit = 1000
        edit(&query)
        return try await AuditRows(store).list(query)
    }

    func authors() async throws {
        _ = try await register(2)
        let before = try await entries().count
        let row = try await AuditAuthor.$current.withValue(author("ann")) { try await ready("a") }
        let made = try await entries { $0.tenant = row.id }
        #expect(made.map(\.action) == ["tenant.create"])
        #expect(made.map(\.actor) == ["ann"] && made[0].origin == "10.0.0.7" && made[0].request == "r-ann")
        #expect(made[0].subject == "a" && made[0].detail == ["schema": "default", "node": "n1"])
        // What is refused leaves nothing.
        try await AuditAuthor.$current.withValue(author("bob")) {
            _ = try await tenants.create(NewTenant(key: key("a")), on: node("n1"), at: .hours(1))
            _ = try await tenants.undelete(row.id, at: .hours(1))
        }
        #expect(try await entries { $0.actor = "bob" }.isEmpty)
        // What does not name itself is written down by the name of its call, once.
        let usage = TenantRows.Usage(tenant: row.id, bytes: 1, txid: TxID(1), used: nil)
        try await AuditAuthor.$current.withValue(author("cleo", "reportUsage")) {
            try await tenants.report([usage], from: node("n1"), at: .hours(1))
            try await tenants.report([usage], from: node("n1"), at: .hours(1))
        }
        let cleo = try await entries { $0.actor = "cleo" }
        #expect(cleo.map(\.action) == ["reportUsage"] && cleo[0].subject == "/v1/call")
        // A node's own routine is not; what names itself is.
        try await AuditAuthor.$current.withValue(AuditAuthor(actor: "node:n1")) {
            try await tenants.report([usage], from: node("n1"), at: .hours(1))
            _ = try await tenants.delete(row.id, at: .hours(2))
        }
        #expect(try await entries { $0.actor = "node:n1" }.map(\.action) == ["tenant.delete"])
        #expect(try await entries().count == before + 3)
    }

    func auditPages() async throws {
        let audit = AuditRows(store)
        for number in 0..<7 {
            try await AuditAuthor.$current.withValue(author("ops\(number % 2)")) {
                try await audit.record(
                    AuditNote("a", "s\(number)", tenant: TenantID(UInt64(number % 3))), at: .hours(Int64(number / 2)))
            }
        }
        #expect(try await entries { $0.since = .hours(2) }.count == 3)
        #expect(try await entries { $0.until = .hours(2) }.count == 4)
        #expect(try await entries { $0.actor = "ops1" }.map(\.subject) == ["s1", "s3", "s5"])
        #expect(try await entries { $0.tenant = TenantID(0) }.map(\.subject) == ["s0", "s3", "s6"])
        #expect(try await entries { $0.subject = "s4" }.count == 1)
        for isNewestFirst in [true, false] {
            var seen: [AuditEntry] = []
            while true {
                let page = try await entries {
                    $0.isNewestFirst = isNewestFirst
                    $0.limit = 2
                    $0.after = seen.last.map { ($0.at, $0.id) }
                }
                seen += page
                if page.count < 2 { break }
            }
            let whole = try await entries()
            #expect(seen == (isNewestFirst ? whole.reversed() : whole) && seen.count == 7)
        }
        var retention = Housekeeping.Retention()
        retention.audit = 3_600_000
        _ = try await Housekeeping(store).sweep(retention, at: .hours(3))
        #expect(try await entries().count == 3)
    }

    func flags() async throws {
        let flags = FlagRows(store)
        #expect(try await flags.newest() == 0)
        guard case .set(let first) = try await flags.set("beta", to: "true", version: nil, at: .hours(0)) else {
            throw ConformanceFailure(what: "beta was not set")
        }
        #expect(first.version == 1 && first.seq == 1 && first.value == "true" && first.actor == "system")
        #expect(try await flags.set("beta", to: "1", version: 0, at: .hours(0)) == .differs(first))
        #expect(try await flags.set("beta", to: "1", version: 2, at: .hours(0)) == .differs(first))
        #expect(try await flags.set("gone", to: nil, version: nil, at: .hours(0)) == .differs(nil))
        // What did not happen leaves no gap.
        _ = try await flags.set("alpha", to: "\"x\"", version: 0, at: .hours(1))
        _ = try await flags.set("beta", to: "false", version: 1, at: .hours(2))
        let all = try await flags.changes(after: 0)
        #expect(all.newest == 3 && all.flags.map(\.name) == ["alpha", "beta"] && all.flags.map(\.seq) == [2, 3])
        #expect(try await flags.changes(after: 2).flags.map(\.value) == ["false"])
        #expect(try await flags.changes(after: 3).flags.isEmpty)
        _ = try await flags.set("alpha", to: nil, version: 1, at: .hours(3))
        #expect(try await flags.list().map(\.name) == ["beta"])
        #expect(try await flags.changes(after: 3).flags.map(\.value) == [nil])
        #expect(try await flags.history(of: "beta").map(\.version) == [2, 1])
        // One that was taken away counts on.
        guard case .set(let again) = try await flags.set("alpha", to: "1", version: 0, at: .hours(4)) else {
            throw ConformanceFailure(what: "alpha was not set")
        }
        #expect(again.version == 3)
        for round in 0..<120 { _ = try await flags.set("beta", to: "\(round)", version: nil, at: .hours(5)) }
        let kept = try await flags.history(of: "beta")
        #expect(kept.count == 100 && kept[0].value == "119")
        #expect(try await flags.rollBack("beta", to: 3, at: .hours(6)) == .noSuchVersion)
    }

    func flagRollback() async throws {
        let flags = FlagRows(store)
        for value in ["1", "2", "3"] { _ = try await flags.set("f", to: value, version: nil, at: .hours(0)) }
        func roll(to version: UInt64? = nil) async throws -> String {
            switch try await flags.rollBack("f", to: version, at: .hours(1)) {
            case .set(let row): return "\(row.version)=\(row.value ?? "none")"
            case let other: return "\(other)".split(separator: "(").first.map(String.init) ?? ""
            }
        }
        #expect(try await roll() == "4=2")
        #expect(try await roll() == "5=1")
        #expect(try await roll() == "noSuchVersion")
        #expect(try await roll(to: 3) == "6=3")
        #expect(try await roll() == "7=2")
        #expect(try await roll(to: 7) == "noSuchVersion")
        #expect(try await flags.rollBack("none", to: nil, at: .hours(1)) == .differs(nil))
    }
}
