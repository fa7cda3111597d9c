import Catalog
import Testing
import Vocabulary

extension CatalogConformance {
    private var rows: SessionRows { SessionRows(store) }

    private func created(_ outcome: SessionRows.CreateOutcome) throws -> SessionRow {
        guard case .created(let row) = outcome else { throw ConformanceFailure(what: "\(outcome)") }
        return row
    }

    func sessions() async throws {
        _ = try await register(1)
        let a = try await ready("a")
        let ann = try await user("ann@x.org", password: "p1")
        let hour: Int64 = 3_600_000
        var new = NewSession(
            digest: [1, 2], tenant: a.id, role: .rw, device: "phone", origin: "10.0.0.1", idle: hour, lifetime: 3 * hour
        )
        #expect(try await rows.create(new, of: ann.id, at: .hours(0)) == .notMember)
        _ = try await MembershipRows(store).put(ann.id, a.id, .admin, at: .hours(0))
        #expect(try await rows.create(new, of: ann.id, verified: "p0", at: .hours(0)) == .noUser)
        #expect(try await rows.create(new, of: UserID(1), at: .hours(0)) == .noUser)
        let row = try created(try await rows.create(new, of: ann.id, verified: "p1", at: .hours(0)))
        #expect(row.expires == .hours(1) && row.ends == .hours(3) && row.device == "phone" && row.role == .rw)
        #expect(try await rows.find(row.id) == row)
        let known = try #require(try await rows.lookUp([1, 2]))
        #expect(known.session == row && known.userState == .active)
        #expect(known.memberships.map(\.tenant) == [a.id] && known.memberships.map(\.key) == [key("a")])
        #expect(try await rows.lookUp([1]) == nil)
        // Use puts the end off, never beyond the last, never backwards, and not for one that is over.
        let later = WallTime(milliseconds: WallTime.hours(0).milliseconds + hour / 2)
        try await rows.slide(row, at: later)
        #expect(try await rows.find(row.id)?.expires.milliseconds == later.milliseconds + hour)
        try await rows.slide(row, at: .hours(0))
        #expect(try await rows.find(row.id)?.slid == later)
        try await rows.slide(row, at: .hours(1))
        try await rows.slide(row, at: .hours(2))
        #expect(try await rows.find(row.id)?.expires == .hours(2))
        // A fixed one.
        new = NewSession(digest: [3], lifetime: hour)
        let fixed = try created(try await rows.create(new, of: ann.id, at: .hours(0)))
        try await rows.slide(fixed, at: later)
        #expect(try await rows.find(fixed.id) == fixed)
        #expect(!fixed.isLive(at: .hours(1)) && fixed.isLive(at: later))
        // Ending one, and all but one.
        #expect(try await rows.revoke(row.id, at: .hours(1))?.user == ann.id)
        #expect(try await rows.revoke(row.id, at: .hours(2)) != nil)
        #expect(try await rows.revoke(4711, at: .hours(1)) == nil)
        #expect(try await rows.find(row.id)?.revoked == .hours(1))
        let third = try created(
            try await rows.create(NewSession(digest: [4], lifetime: hour), of: ann.id, at: .hours(0)))
        #expect(try await rows.revokeAll(of: ann.id, but: third.id, at: .hours(1)) == 1)
        #expect(try await rows.lookUp([4])?.session.revoked == nil)
        #expect(try await rows.revokeAll(of: UserID(1), at: .hours(1)) == nil)
        // Pages, and what is long over goes.
        #expect(try await rows.list(of: ann.id, limit: 2).count == 2)
        let page = try await rows.list(of: ann.id, limit: 1)
        #expect(try await rows.list(of: ann.id, after: (page[0].created, page[0].id)).count == 2)
        _ = try await Housekeeping(store).sweep(Housekeeping.Retention(), at: .hours(25))
        #expect(try await rows.list(of: ann.id).count == 3)
        _ = try await Housekeeping(store).sweep(Housekeeping.Retention(), at: .hours(28))
        #expect(try await rows.list(of: ann.id).isEmpty)
        // Also what was ended long before its end.
        let long = try created(
            try await rows.create(NewSession(digest: [7], lifetime: 1000 * hour), of: ann.id, at: .hours(28)))
        _ = try await rows.revoke(long.id, at: .hours(29))
        _ = try await Housekeeping(store).sweep(Housekeeping.Retention(), at: .hours(52))
        #expect(try await rows.list(of: ann.id).count == 1)
        _ = try await Housekeeping(store).sweep(Housekeeping.Retention(), at: .hours(54))
        #expect(try await rows.list(of: ann.id).isEmpty)
        // Deleting the user takes its sessions along.
        _ = try await rows.create(NewSession(digest: [5], lifetime: hour), of: ann.id, at: .hours(55))
        _ = try await users.delete(ann.id, at: .hours(55))
        #expect(try await rows.lookUp([5]) == nil)
        #expect(try await rows.list(of: ann.id).isEmpty)
        #expect(try await MembershipRows(store).list(of: ann.id).isEmpty)
    }

    func manySessions() async throws {
        let ann = try await user("ann@x.org")
        for number in 0..<SessionRows.maximum + 2 {
            let digest = withUnsafeBytes(of: number) { Array($0) }
            _ = try created(
                try await rows.create(
                    NewSession(digest: digest, lifetime: 1_000_000), of: ann.id,
                    at: WallTime(milliseconds: Int64(number))))
        }
        let list = try await rows.list(of: ann.id, limit: 1000)
        #expect(list.count == SessionRows.maximum)
        #expect(list.first?.created == WallTime(milliseconds: 2))
        // What has ended makes room before what has not.
        _ = try await rows.revoke(list[500].id, at: .hours(0))
        _ = try created(
            try await rows.create(
                NewSession(digest: [9], lifetime: 1_000_000), of: ann.id, at: WallTime(milliseconds: 2000)))
        let after = try await rows.list(of: ann.id, limit: 1000)
        #expect(after.count == SessionRows.maximum && after.first?.id == list.first?.id)
        #expect(!after.contains { $0.id == list[500].id })
        // Live ones that had to go are in the audit log.
        var query = AuditQuery()
        query.subject = ann.id.description
        query.limit = 1000
        #expect(try await AuditRows(store).list(query).count { $0.detail["by"] == "limit" } == 2)
    }

    func damagedSessions() async throws {
        let ann = try await user("ann@x.org")
        let row = try created(
            try await rows.create(NewSession(digest: [1], role: .ro, lifetime: 9), of: ann.id, at: .hours(0)))
        // A role of a later version: no cap at all would be the worst that it could mean.
        _ = try await driver.run(
            CatalogTransaction(.schema, [CatalogStatement("UPDATE sessions SET role = 'guest'")]))
        await #expect(throws: CatalogError.self) { try await rows.find(row.id) }
        await #expect(throws: CatalogError.self) { try await rows.lookUp([1]) }
    }

    func userChanges() async throws {
        let log = UserChangeLog(store)
        _ = try await register(1)
        let a = try await ready("a")
        let ann = try await user("ann@x.org")
        let bucket = Int(ann.id.rawValue % UInt64(UserChangeLog.buckets))
        #expect(
            try await log.heads() == Array(repeating: .init(seq: 0, user: nil), count: UserChangeLog.buckets))
        _ = try await MembershipRows(store).put(ann.id, a.id, .ro, at: .hours(0))
        let session = try created(
            try await rows.create(NewSession(digest: [1], lifetime: 9), of: ann.id, at: .hours(0)))
        _ = try await rows.revoke(session.id, at: .hours(0))
        _ = try await rows.revoke(session.id, at: .hours(0))
        _ = try await rows.revokeAll(of: ann.id, at: .hours(0))
        _ = try await MembershipRows(store).remove(ann.id, a.id, at: .hours(0))
        _ = try await MembershipRows(store).remove(ann.id, a.id, at: .hours(0))
        var change = UserRows.Change()
        change.state = .disabled
        _ = try await users.change(ann.id, change, at: .hours(0))
        _ = try await users.delete(ann.id, at: .hours(0))
        let changes = try await log.changes(in: bucket, after: 0)
        #expect(changes == (1...6).map { UserChange(seq: $0, user: ann.id) })
        #expect(try await log.changes(in: bucket, after: 4).map(\.seq) == [5, 6])
        #expect(try await log.heads()[bucket] == .init(seq: 6, user: ann.id))
    }
}
