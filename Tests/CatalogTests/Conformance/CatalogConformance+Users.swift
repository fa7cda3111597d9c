import Catalog
import Testing
import Vocabulary

extension CatalogConformance {
    var users: UserRows { UserRows(store) }

    func email(_ text: String) -> CatalogEmail { CatalogEmail(given: text, normal: text.lowercased(), rule: 1) }

    func user(_ text: String, password: String? = nil) async throws -> UserRow {
        guard case .created(let row) = try await users.create(email(text), password: password, at: .hours(0)) else {
            throw ConformanceFailure(what: "\(text) was not created")
        }
        return row
    }

    func usersAndEmails() async throws {
        let ann = try await user("Ann@x.org", password: "p1")
        #expect(ann.email == email("Ann@x.org"))
        #expect(ann.state == .active && ann.password == "p1" && ann.passwordChanged == .hours(0))
        #expect(try await users.find(ann.id) == ann)
        #expect(try await users.find(normal: "ann@x.org") == ann)
        #expect(try await users.create(email("ANN@x.org"), at: .hours(1)) == .emailTaken)
        #expect(try await users.rehearseCreate(email("ANN@x.org")) == .emailTaken)
        #expect(try await users.rehearseCreate(email("bob@x.org")) == nil)
        // Hostile text is text.
        let odd = try await user("x'); DELETE FROM users; --\u{E9}?1@x.org")
        #expect(try await users.find(normal: odd.email.normal) == odd)
        #expect(try await users.list().count == 2)
        // Of many at once exactly one wins.
        let outcomes = await withTaskGroup(of: UserRows.CreateOutcome?.self) { group in
            for _ in 0..<16 {
                group.addTask { try? await self.users.create(self.email("race@x.org"), at: .hours(1)) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { if case .created = $0 { true } else { false } }.count == 1)
        #expect(outcomes.allSatisfy { $0 != nil })
        // Deleting frees the email, and a second deletion finds nobody.
        #expect(try await users.delete(ann.id, at: .hours(2)))
        #expect(try await !users.delete(ann.id, at: .hours(2)))
        #expect(try await users.find(ann.id) == nil)
        #expect(try await user("ann@X.org").id != ann.id)
        // Pages.
        for number in 0..<5 { _ = try await user("u\(number)@x.org") }
        var seen: [UserID] = []
        while true {
            let page = try await users.list(after: seen.last, limit: 3)
            guard !page.isEmpty else { break }
            seen += page.map(\.id)
        }
        #expect(seen.count == 8 && Set(seen).count == 8)
    }

    func changingUsers() async throws {
        let ann = try await user("ann@x.org", password: "p1")
        let bob = try await user("bob@x.org")
        let session = NewSession(digest: [1], lifetime: 1000)
        _ = try await SessionRows(store).create(session, of: ann.id, at: .hours(0))
        var change = UserRows.Change()
        change.email = email("BOB@x.org")
        #expect(try await users.change(ann.id, change, at: .hours(1)) == .emailTaken)
        // Only the spelling: the claim stays.
        change.email = email("ANN@x.org")
        guard case .changed(let spelt) = try await users.change(ann.id, change, at: .hours(1)) else {
            throw ConformanceFailure(what: "not spelt anew")
        }
        #expect(spelt.email == email("ANN@x.org") && spelt.revision == ann.revision + 1 && spelt.changed == .hours(1))
        // The swap: the old one is free in the same moment, the sessions go on.
        change.email = email("anna@x.org")
        guard case .changed(let anna) = try await users.change(ann.id, change, at: .hours(1)) else {
            throw ConformanceFailure(what: "not changed")
        }
        #expect(anna.email.normal == "anna@x.org")
        #expect(try await users.create(email("anna@x.org"), at: .hours(1)) == .emailTaken)
        #expect(try await user("ann@x.org").id != ann.id)
        #expect(try await SessionRows(store).lookUp([1])?.session.revoked == nil)
        // Two who want each other's emails: neither gets it, nobody loses its own.
        change.email = email("bob@x.org")
        #expect(try await users.change(ann.id, change, at: .hours(1)) == .emailTaken)
        change.email = email("anna@x.org")
        #expect(try await users.change(bob.id, change, at: .hours(1)) == .emailTaken)
        // Disabling ends the sessions.
        change = UserRows.Change()
        change.state = .disabled
        guard case .changed(let disabled) = try await users.change(ann.id, change, at: .hours(2)) else {
            throw ConformanceFailure(what: "not disabled")
        }
        #expect(disabled.state == .disabled)
        #expect(try await SessionRows(store).lookUp([1])?.session.revoked == .hours(2))
        #expect(try await users.list(state: .disabled).map(\.id) == [ann.id])
        // A password away, and one hashed anew.
        change = UserRows.Change()
        change.password = .some(nil)
        _ = try await users.change(ann.id, change, at: .hours(3))
        #expect(try await users.find(ann.id)?.password == nil)
        _ = try await users.rehash(ann.id, from: "p1", to: "p2", at: .hours(3))
        #expect(try await users.find(ann.id)?.password == nil)
        #expect(try await users.change(UserID(1), change, at: .hours(3)) == .notFound)
    }

    /// Nobody's change is lost, and no email is left to nobody.
    func usersAtOnce() async throws {
        for round in 0..<4 {
            let ann = try await user("ann@x.org", password: "p0")
            let emails = (0..<4).map { "ann\(round)-\($0)@x.org" }
            let last = try await withThrowingTaskGroup(of: Void.self) { group in
                for text in emails {
                    group.addTask {
                        var change = UserRows.Change()
                        change.email = self.email(text)
                        _ = try await self.users.change(ann.id, change, at: .hours(1))
                    }
                }
                group.addTask {
                    var change = UserRows.Change()
                    change.password = .some("p1")
                    _ = try await self.users.change(ann.id, change, at: .hours(1))
                }
                group.addTask {
                    var change = UserRows.Change()
                    change.state = .disabled
                    _ = try await self.users.change(ann.id, change, at: .hours(1))
                }
                try await group.waitForAll()
                return try await self.users.find(ann.id)
            }
            #expect(last?.password == "p1" && last?.state == .disabled)
            // The one email that it has is taken, the others are free.
            for text in emails + ["ann@x.org"] {
                let isTaken = try await users.rehearseCreate(email(text)) != nil
                #expect(isTaken == (last?.email.normal == text), "\(text)")
            }
            // Deleted while it changes.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for text in emails {
                    group.addTask {
                        var change = UserRows.Change()
                        change.email = self.email(text)
                        _ = try await self.users.change(ann.id, change, at: .hours(1))
                    }
                }
                group.addTask { _ = try await self.users.delete(ann.id, at: .hours(1)) }
                try await group.waitForAll()
            }
            #expect(try await users.find(ann.id) == nil)
            for text in emails + ["ann@x.org"] {
                #expect(try await users.rehearseCreate(email(text)) == nil, "\(text)")
            }
        }
    }

    func memberships() async throws {
        _ = try await register(1)
        let (a, b) = (try await ready("a"), try await ready("b"))
        let rows = MembershipRows(store)
        guard
            case .created(let ann) = try await users.create(
                email("ann@x.org"), member: (a.id, .admin), at: .hours(0))
        else { throw ConformanceFailure(what: "not created") }
        #expect(
            try await users.create(email("bob@x.org"), member: (TenantID(999), .ro), at: .hours(0)) == .noTenant)
        #expect(try await users.find(normal: "bob@x.org") == nil)
        #expect(try await rows.put(ann.id, b.id, .ro, at: .hours(1)) == .put)
        #expect(try await rows.put(ann.id, b.id, .rw, at: .hours(2)) == .put)
        #expect(try await rows.put(UserID(1), b.id, .rw, at: .hours(2)) == .noUser)
        #expect(try await rows.put(ann.id, TenantID(999), .rw, at: .hours(2)) == .noTenant)
        let list = try await rows.list(of: ann.id)
        #expect(list.map(\.key.string) == ["a", "b"] && list.map(\.role) == [.admin, .rw])
        #expect(list[1].created == .hours(1) && list[1].changed == .hours(2))
        #expect(try await users.list(tenant: b.id).map(\.id) == [ann.id])
        #expect(try await rows.remove(ann.id, b.id, at: .hours(3)))
        #expect(try await !rows.remove(ann.id, b.id, at: .hours(3)))
        // A deleted tenant keeps its members, and they have nothing of it; one that is gone has none.
        _ = try await SessionRows(store).create(NewSession(digest: [1], lifetime: 9), of: ann.id, at: .hours(3))
        #expect(try await SessionRows(store).lookUp([1])?.memberships.map(\.role) == [.admin])
        _ = try await tenants.delete(a.id, at: .hours(3))
        #expect(try await rows.list(of: ann.id).count == 1)
        #expect(try await SessionRows(store).lookUp([1])?.memberships.filter(\.isUsable).isEmpty == true)
        #expect(try await rows.put(ann.id, a.id, .rw, at: .hours(4)) == .noTenant)
        _ = try await tenants.undelete(a.id, at: .hours(3))
        #expect(try await SessionRows(store).lookUp([1])?.memberships.map(\.key.string) == ["a"])
        _ = try await tenants.delete(a.id, at: .hours(3))
        _ = try await tenants.beginPurge(a.id, ownedBy: node("n1"), at: .hours(4))
        try await tenants.purge(a.id, at: .hours(4))
        #expect(try await rows.list(of: ann.id).isEmpty)
        #expect(try await users.list(tenant: a.id).isEmpty)
    }
}
