import Catalog
import Testing
import Vocabulary

extension CatalogConformance {
    func tenantLife() async throws {
        _ = try await register(1)
        let new = NewTenant(
            key: key("dm:17:42"), schema: "dm", labels: ["b": "say \"é\"\n", "a": "1"], quotas: ["bytes": .max])
        guard case .created(let made) = try await tenants.create(new, on: node("n1"), at: .hours(0)) else {
            throw ConformanceFailure(what: "not created")
        }
        #expect(made.state == .creating && made.labels == new.labels && made.quotas == new.quotas)
        #expect(made.placement == Placement(tenant: made.id, owner: node("n1"), epoch: .first, version: 1))
        #expect(!made.id.isReserved)
        #expect(try await tenants.creating(ownedBy: node("n1")).map(\.id) == [made.id])
        #expect(try await tenants.creating(ownedBy: node("n1"), after: made.id).isEmpty)
        #expect(try await tenants.create(new, on: node("n1"), at: .hours(0)) == .exists(made))

        let ready = try #require(try await tenants.markReady(made.id, by: node("n1"), epoch: .first, at: .hours(0)))
        #expect(ready.state == .ready)
        #expect(try await tenants.markReady(made.id, by: node("n1"), epoch: .first, at: .hours(0)) == ready)
        #expect(try await tenants.find(made.key) == ready)
        #expect(try await tenants.find(made.id) == ready)

        let deleted = try #require(try await tenants.delete(made.id, at: .hours(2)))
        #expect(deleted.state == .deleted && deleted.deleted == .hours(2))
        #expect(try await tenants.delete(made.id, at: .hours(3)) == deleted)
        #expect(try await tenants.create(new, on: node("n1"), at: .hours(3)) == .deleted(deleted))
        #expect(try await tenants.deleted(before: .hours(2), ownedBy: node("n1")).isEmpty)
        #expect(try await tenants.deleted(before: .hours(3), ownedBy: node("n1")) == [deleted])
        #expect(try await tenants.undelete(made.id, at: .hours(4))?.state == .ready)
        guard case .notDeleted = try await tenants.beginPurge(made.id, ownedBy: node("n1"), at: .hours(4)) else {
            throw ConformanceFailure(what: "purged alive")
        }
        try await tenants.purge(made.id, at: .hours(4))
        _ = try await tenants.delete(made.id, at: .hours(5))
        try await removal(of: made)
    }

    private func removal(of made: TenantRow) async throws {
        guard
            case .notDeleted = try await tenants.beginPurge(
                made.id, ownedBy: node("n1"), deletedBefore: .hours(5), at: .hours(6)),
            case .moving = try await tenants.beginPurge(made.id, ownedBy: node("n2"), at: .hours(6))
        else { throw ConformanceFailure(what: "purged too early, or by another node") }
        // Nothing is removed that nobody has begun to remove.
        try await tenants.purge(made.id, at: .hours(6))
        #expect(try await tenants.find(made.id)?.state == .deleted)
        for _ in 0..<2 {
            guard case .begun(let row) = try await tenants.beginPurge(made.id, ownedBy: node("n1"), at: .hours(6))
            else {
                throw ConformanceFailure(what: "not begun")
            }
            #expect(row.state == .purging)
        }
        // From here on nothing brings it back, renames it or moves it, and its key is still taken.
        #expect(try await tenants.undelete(made.id, at: .hours(6))?.state == .purging)
        #expect(try await tenants.delete(made.id, at: .hours(6))?.state == .purging)
        guard case .notRenamable = try await tenants.rename(made.id, to: key("other"), at: .hours(6)),
            case .deleted = try await tenants.create(.init(key: made.key), on: node("n1"), at: .hours(6))
        else { throw ConformanceFailure(what: "renamed or made anew") }
        #expect(try await tenants.purging(ownedBy: node("n1")).map(\.id) == [made.id])
        #expect(try await tenants.purging(ownedBy: node("n1"), after: made.id).isEmpty)
        for _ in 0..<2 { try await tenants.purge(made.id, at: .hours(6)) }
        #expect(try await tenants.beginPurge(made.id, ownedBy: node("n1"), at: .hours(6)) == .gone)
        #expect(try await tenants.find(made.id) == nil)
        #expect(try await placements.find(made.id) == nil)
        #expect(try await tenants.undelete(made.id, at: .hours(6)) == nil)
    }

    func creations() async throws {
        _ = try await register(2)
        let old = NewTenant(key: key("bound"), boundSince: .hours(-3))
        guard case .created(let bound) = try await tenants.create(old, on: node("n1"), at: .hours(0)) else {
            throw ConformanceFailure(what: "not created")
        }
        #expect(bound.renamed == .hours(-3) && bound.created == .hours(0))
        #expect(try await tenants.abandon(bound, at: .hours(0)))
        let new = NewTenant(key: key("a"))
        guard case .created(let first) = try await tenants.create(new, on: node("n1"), at: .hours(0)) else {
            throw ConformanceFailure(what: "not created")
        }
        // Only to a node that is up, and only from what was read last.
        #expect(try await tenants.reassign(first, to: node("n9"), at: .hours(0)) == first)
        let second = try #require(try await tenants.reassign(first, to: node("n2"), at: .hours(0)))
        #expect(second.placement.owner == node("n2") && second.placement.epoch == Epoch(2))
        #expect(try await tenants.reassign(first, to: node("n1"), at: .hours(0)) == second)
        // The first owner comes too late, and takes nothing back.
        #expect(try await tenants.markReady(first.id, by: node("n1"), epoch: .first, at: .hours(0)) == second)
        #expect(try await !tenants.abandon(first, at: .hours(0)))
        let ready = try #require(
            try await tenants.markReady(first.id, by: node("n2"), epoch: Epoch(2), at: .hours(0)))
        #expect(ready.state == .ready)
        // What is ready is nobody's to give away or to take back.
        #expect(try await tenants.reassign(ready, to: node("n1"), at: .hours(0)) == ready)
        #expect(try await !tenants.abandon(ready, at: .hours(0)))
        // A creation that is taken back leaves its key free; also once it was deleted.
        for deletes in [false, true] {
            guard case .created(var row) = try await tenants.create(.init(key: key("b")), on: node("n1"), at: .hours(1))
            else { throw ConformanceFailure(what: "the key is not free") }
            if deletes { row = try #require(try await tenants.delete(row.id, at: .hours(1))) }
            #expect(try await tenants.abandon(row, at: .hours(1)))
            #expect(try await tenants.find(row.id) == nil)
            #expect(try await placements.find(row.id) == nil)
            #expect(try await !tenants.abandon(row, at: .hours(1)))
        }
    }

    func keys() async throws {
        _ = try await register(1)
        let a = try await ready("a")
        let c = try await ready("c")
        #expect(try await tenants.rename(a.id, to: key("c"), at: .hours(1)) == .exists(c))
        guard case .renamed(let b) = try await tenants.rename(a.id, to: key("b"), at: .hours(1)) else {
            throw ConformanceFailure(what: "not renamed")
        }
        #expect(b.id == a.id && b.key == key("b") && b.renamed == .hours(1))
        // The freed key is held for a day against others, not against the tenant that had it.
        #expect(
            try await tenants.create(.init(key: key("a")), on: node("n1"), at: .hours(24))
                == .keyHeld(until: .hours(25)))
        #expect(try await tenants.rename(c.id, to: key("a"), at: .hours(24)) == .keyHeld(until: .hours(25)))
        guard case .renamed = try await tenants.rename(a.id, to: key("a"), at: .hours(2)) else {
            throw ConformanceFailure(what: "could not take its own key back")
        }
        #expect(
            try await tenants.create(.init(key: key("b")), on: node("n1"), at: .hours(3)) == .keyHeld(until: .hours(26))
        )
        guard case .created = try await tenants.create(.init(key: key("b")), on: node("n1"), at: .hours(26)) else {
            throw ConformanceFailure(what: "the hold did not end")
        }
        // A purged tenant's key is held too.
        _ = try await tenants.delete(c.id, at: .hours(3))
        guard case .notRenamable = try await tenants.rename(c.id, to: key("d"), at: .hours(3)) else {
            throw ConformanceFailure(what: "renamed a deleted tenant")
        }
        _ = try await tenants.beginPurge(c.id, ownedBy: node("n1"), at: .hours(4))
        try await tenants.purge(c.id, at: .hours(4))
        #expect(
            try await tenants.create(.init(key: key("c")), on: node("n1"), at: .hours(5)) == .keyHeld(until: .hours(28))
        )
        #expect(try await tenants.rename(c.id, to: key("d"), at: .hours(5)) == .notFound)
        try await rehearsals()
        // Byte for byte: two spellings of é are two keys.
        _ = try await ready("caf\u{E9}")
        let other = try await ready("cafe\u{301}")
        #expect(try await tenants.find(key("cafe\u{301}"))?.id == other.id)
        #expect(try await tenants.create(.init(key: key("z")), on: node("n9"), at: .hours(0)) == .ownerNotUp)
    }

    /// Looking gives what doing would, and does nothing.
    private func rehearsals() async throws {
        let positions = try await log.positions()
        let row = try #require(try await tenants.find(key("a")))
        let new = NewTenant(key: key("fresh"))
        #expect(try await tenants.rehearseCreate(new, on: node("n1"), at: .hours(5)) == nil)
        #expect(try await tenants.rehearseCreate(new, on: node("n9"), at: .hours(5)) == .ownerNotUp)
        #expect(
            try await tenants.rehearseCreate(.init(key: key("a")), on: node("n1"), at: .hours(5)) == .exists(row))
        #expect(
            try await tenants.rehearseCreate(.init(key: key("c")), on: node("n1"), at: .hours(5))
                == .keyHeld(until: .hours(28)))
        var patch = TenantRows.Patch()
        patch.labels = ["x": "1"]
        patch.key = key("c")
        #expect(try await tenants.rehearse(row.id, patch, at: .hours(5)) == .keyHeld(until: .hours(28)))
        // Nothing of a change that cannot be made whole is made.
        #expect(try await tenants.patch(row.id, patch, at: .hours(5)) == .keyHeld(until: .hours(28)))
        patch.key = key("b")
        guard case .exists = try await tenants.rehearse(row.id, patch, at: .hours(27)),
            case .exists = try await tenants.patch(row.id, patch, at: .hours(27))
        else { throw ConformanceFailure(what: "took a key that is taken") }
        patch.key = key("fresh")
        guard case .patched(let shown) = try await tenants.rehearse(row.id, patch, at: .hours(5)) else {
            throw ConformanceFailure(what: "refused a look")
        }
        #expect(shown.key == key("fresh") && shown.labels == ["x": "1"])
        #expect(try await tenants.find(row.id) == row)
        #expect(try await log.positions() == positions)
        guard case .patched(let both) = try await tenants.patch(row.id, patch, at: .hours(5)) else {
            throw ConformanceFailure(what: "not changed")
        }
        #expect(both.key == key("fresh") && both.labels == ["x": "1"] && both.renamed == .hours(5))
    }

    func listing() async throws {
        _ = try await register(1)
        let names = ["a", "a:1", "a:2", "a;", "b", "\u{10FFFF}", "\u{10FFFF}x", "\u{D7FF}1", "Z", "é", "_", "a%"]
        for name in names { _ = try await ready(name) }
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(try await tenants.list().map(\.key.string) == sorted)
        for prefix in ["", "a", "a:", "\u{10FFFF}", "\u{D7FF}", "_", "nothing"] {
            let expected = sorted.filter { $0.utf8.starts(with: prefix.utf8) }
            var found: [String] = []
            while true {
                let after = found.last.map { key($0) }
                let page = try await tenants.list(prefix: prefix, after: after, limit: 2)
                if page.isEmpty { break }
                found += page.map(\.key.string)
            }
            #expect(found == expected, "prefix \(prefix)")
        }
        try await listingSome()
        try await listingOrders(names)
    }

    /// Many of one size, and of no use.
    private func listingOrders(_ names: [String]) async throws {
        var reports: [TenantRows.Usage] = []
        for (index, name) in names.enumerated() {
            let row = try #require(try await tenants.find(key(name)))
            reports.append(
                TenantRows.Usage(
                    tenant: row.id, bytes: Int64(index / 4) * 4_096, txid: TxID(1),
                    used: index % 3 == 0 ? nil : .hours(Int64(index))))
        }
        try await tenants.report(reports, from: NodeID("n1")!, at: .hours(1))
        for order in [TenantOrder.size, .activity] {
            var found: [TenantRow] = []
            var page: TenantOrder.Page? = TenantOrder.Page(order)
            while let next = page {
                let rows = try await tenants.list(next, limit: 2)
                found += rows
                page = rows.last.flatMap { TenantOrder.Page(order, cursor: order.cursor(after: $0)) }
            }
            #expect(Set(found.map(\.key.string)) == Set(names) && found.count == names.count, "\(order)")
            let values = found.map { order == .size ? $0.bytes : $0.used?.milliseconds ?? 0 }
            #expect(values == values.sorted(by: >), "\(order) \(values)")
            let some = try await tenants.list(prefix: "a", TenantOrder.Page(order), limit: 100)
            #expect(some.map(\.id) == found.filter { $0.key.string.hasPrefix("a") }.map(\.id))
        }
        #expect(
            TenantOrder.Page(
                .size, cursor: TenantOrder.activity.cursor(after: try #require(try await tenants.list().first))) == nil)
    }

    private func listingSome() async throws {
        let carriers = [
            "a": ["k": "v"], "a:1": ["k": "v2"], "b": ["k\"": "v", "x": "k\":\"v"], "Z": ["kk": "v", "z": "1"],
        ]
        for (name, labels) in carriers {
            let row = try #require(try await tenants.find(key(name)))
            var patch = TenantRows.Patch()
            patch.labels = labels.mapValues { $0 }
            if name == "Z" { patch.state = .blocked }
            _ = try await tenants.patch(row.id, patch, at: .hours(1))
        }
        func found(_ name: String, _ value: String) async throws -> [String] {
            try await tenants.list(label: (name, value)).map(\.key.string)
        }
        #expect(try await found("k", "v") == ["a"])
        #expect(try await found("k\"", "v") == ["b"])
        #expect(try await found("x", "k\":\"v") == ["b"])
        #expect(try await found("z", "1") == ["Z"])
        #expect(try await found("K", "v").isEmpty)
        #expect(try await tenants.list(prefix: "a", label: ("k", "v2"), limit: 1).map(\.key.string) == ["a:1"])
        #expect(try await tenants.list(state: .blocked).map(\.key.string) == ["Z"])
        #expect(try await tenants.list(label: ("k", "v"), state: .blocked).isEmpty)
    }

    func patches() async throws {
        _ = try await register(1)
        let row = try await ready("a")
        var patch = TenantRows.Patch()
        patch.labels = ["x": "1", "y": "2"]
        patch.quotas = ["bytes": 10]
        patch.state = .readOnly
        patch.pin = .some(node("n1"))
        guard case .patched(let first) = try await tenants.patch(row.id, patch, at: .hours(1)) else {
            throw ConformanceFailure(what: "not patched")
        }
        #expect(first.labels == ["x": "1", "y": "2"] && first.state == .readOnly && first.pin == node("n1"))
        var removal = TenantRows.Patch()
        removal.labels = ["x": String?.none]
        removal.pin = .some(nil)
        guard case .patched(let second) = try await tenants.patch(row.id, removal, at: .hours(1)) else {
            throw ConformanceFailure(what: "not patched")
        }
        #expect(second.labels == ["y": "2"] && second.pin == nil && second.state == .readOnly)
        #expect(second.quotas == ["bytes": 10] && second.revision == row.revision + 2)
        // A deleted tenant comes back as it was.
        _ = try await tenants.delete(row.id, at: .hours(2))
        guard case .notPatchable = try await tenants.patch(row.id, patch, at: .hours(2)) else {
            throw ConformanceFailure(what: "patched a deleted tenant")
        }
        #expect(try await tenants.undelete(row.id, at: .hours(2))?.state == .readOnly)
        var forbidden = TenantRows.Patch()
        forbidden.state = .creating
        guard case .notPatchable = try await tenants.patch(row.id, forbidden, at: .hours(2)) else {
            throw ConformanceFailure(what: "set a state that is not to be set")
        }
        #expect(try await tenants.patch(TenantID(4711), patch, at: .hours(2)) == .notFound)
        // Patches at once are all applied.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<24 {
                group.addTask {
                    var patch = TenantRows.Patch()
                    patch.labels = ["p\(number)": "1"]
                    _ = try await tenants.patch(row.id, patch, at: .hours(3))
                }
            }
            try await group.waitForAll()
        }
        #expect(try await tenants.find(row.id)?.labels.count == 25)
        let usage = TenantRows.Usage(tenant: row.id, bytes: 99, txid: TxID(5), used: .hours(4))
        try await tenants.report([usage], from: node("n2"), at: .hours(4))
        #expect(try await tenants.find(row.id)?.bytes == 0)
        try await tenants.report([usage], from: node("n1"), at: .hours(4))
        #expect(try await tenants.find(row.id)?.bytes == 99)
    }
}
