import Catalog
import Testing
import Vocabulary

extension CatalogConformance {
    private var rows: SignUpRows { SignUpRows(store) }
    private var now: WallTime { .hours(0) }
    private var late: WallTime { WallTime(milliseconds: now.milliseconds + SignUpRows.patience + 1) }

    private func new(
        _ text: String, _ tenant: String, key repeatKey: [UInt8]? = nil, request: [UInt8] = [1]
    ) -> NewSignUp {
        NewSignUp(
            email: email(text), password: "hash", tenant: NewTenant(key: key(tenant)), repeatKey: repeatKey,
            request: request)
    }

    private func reserved(_ outcome: SignUpRows.ReserveOutcome) throws -> (SignUpRow, TenantRow) {
        guard case .reserved(let row, let tenant) = outcome else { throw ConformanceFailure(what: "\(outcome)") }
        return (row, tenant)
    }

    private func confirm(_ row: SignUpRow, _ tenant: TenantRow, _ text: String) async throws
        -> SignUpRows.ConfirmOutcome
    {
        let session = NewSession(digest: row.token, lifetime: 1000)
        return try await rows.confirm(row, tenant, email: email(text), session: session, at: now)
    }

    private func nothingIsLeft(of tenant: String, _ text: String) async throws {
        #expect(try await tenants.find(key(tenant)) == nil)
        #expect(try await users.find(normal: text) == nil)
        #expect(try await users.rehearseCreate(email(text)) == nil)
    }

    func signUp() async throws {
        _ = try await register(1)
        let (row, tenant) = try reserved(
            try await rows.reserve(new("Ann@x.org", "a", key: [7]), on: node("n1"), at: now))
        #expect(row.state == .open && row.tenant == tenant.id && tenant.state == .creating)
        // Nobody else gets the email or the key, and nothing but the confirmation makes the tenant ready.
        let until = WallTime(milliseconds: now.milliseconds + SignUpRows.patience)
        #expect(
            try await rows.reserve(new("ann@x.org", "b"), on: node("n1"), at: now)
                == .emailPending(token: row.token, until: until))
        #expect(try await users.create(email("ann@X.org"), at: now) == .emailPending(until: until))
        guard case .noTenant(.exists) = try await rows.reserve(new("bob@x.org", "a"), on: node("n1"), at: now) else {
            throw ConformanceFailure(what: "one key twice")
        }
        let early = try await tenants.markReady(tenant.id, by: node("n1"), epoch: .first, at: now)
        #expect(early?.state == .creating)
        #expect(try await !tenants.abandon(tenant, at: now))
        #expect(try await users.find(normal: "ann@x.org") == nil)
        // Whoever asks again under the same key goes on.
        #expect(
            try await rows.reserve(new("Ann@x.org", "a", key: [7]), on: node("n1"), at: now) == .again(row, tenant))
        #expect(
            try await rows.reserve(new("Ann@x.org", "a", key: [7], request: [2]), on: node("n1"), at: now)
                == .otherRequest)
        guard
            case .confirmed(let ann, let made, let session) = try await confirm(row, tenant, "Ann@x.org")
        else { throw ConformanceFailure(what: "not confirmed") }
        #expect(ann.email == email("Ann@x.org") && ann.password == "hash" && ann.id == row.user)
        #expect(made.state == .ready && made.id == tenant.id && session.user == ann.id)
        let known = try #require(try await SessionRows(store).lookUp(row.token))
        #expect(known.memberships.map(\.role) == [.admin])
        // Once only; and it cannot be taken back any more.
        #expect(try await confirm(row, tenant, "Ann@x.org") == .notOpen)
        #expect(try await !rows.undo(row, ifOverdue: false, at: late))
        #expect(try await rows.overdue(at: .hours(100)).isEmpty)
        guard
            case .again(let done, _) = try await rows.reserve(
                new("Ann@x.org", "a", key: [7]), on: node("n1"), at: .hours(1))
        else { throw ConformanceFailure(what: "forgotten") }
        #expect(done.state == .done && done.password == nil)
        #expect(try await rows.reserve(new("ann@x.org", "b"), on: node("n1"), at: now) == .emailTaken)
        #expect(try await rows.list(of: ann.id).map(\.state) == [.done])
        _ = try await Housekeeping(store).sweep(Housekeeping.Retention(), at: .hours(25))
        #expect(try await rows.list(of: ann.id).isEmpty)
        #expect(try await users.delete(ann.id, at: .hours(25)))
        #expect(try await users.rehearseCreate(email("ann@x.org")) == nil)
    }

    func signUpsUndone() async throws {
        _ = try await register(2)
        // Not before its time; then everything is free in one moment, also at once for the same key.
        let (row, tenant) = try reserved(try await rows.reserve(new("ann@x.org", "a"), on: node("n1"), at: now))
        #expect(try await !rows.undo(row, ifOverdue: true, at: now))
        #expect(try await rows.overdue(at: now).isEmpty)
        #expect(try await rows.overdue(at: late) == [row])
        #expect(try await rows.overdue(.claim(token: row.token), at: late) == [row])
        #expect(try await rows.overdue(.tenant(tenant.id), at: late) == [row])
        #expect(try await rows.overdue(.claim(token: [1]), at: late).isEmpty)
        #expect(try await rows.overdue(.tenant(TenantID(1)), at: late).isEmpty)
        #expect(try await left("n1").isEmpty)
        #expect(try await rows.undo(row, ifOverdue: true, at: late))
        #expect(try await !rows.undo(row, ifOverdue: true, at: late))
        try await nothingIsLeft(of: "a", "ann@x.org")
        #expect(try await placements.find(tenant.id) == nil)
        // Its owner may have made the file, and is told.
        #expect(try await left("n1") == [Left(tenant.id, 1)])
        let noted = try #require(try await LeftoverRows(store).list(of: node("n1")).first)
        try await LeftoverRows(store).forget(noted, of: node("n1"), at: late)
        #expect(try await left("n1").isEmpty)
        #expect(try await confirm(row, tenant, "ann@x.org") == .notOpen)
        // Its caller has come again: it is not overdue for another while.
        let (second, other) = try reserved(try await rows.reserve(new("ann@x.org", "a"), on: node("n1"), at: now))
        #expect(try await rows.extend(second, at: late))
        #expect(try await !rows.undo(second, ifOverdue: true, at: late))
        // Given to another node, it is confirmed as that one's only.
        let given = try #require(try await tenants.reassign(other, to: node("n2"), at: now))
        #expect(try await confirm(second, other, "ann@x.org") == .tenantChanged)
        #expect(try await left("n1") == [Left(other.id, 1)])
        // Deleted and even purged by an operator meanwhile.
        _ = try await tenants.delete(given.id, at: now)
        #expect(try await confirm(second, given, "ann@x.org") == .tenantChanged)
        #expect(try await rows.undo(second, ifOverdue: false, at: now))
        try await nothingIsLeft(of: "a", "ann@x.org")
        #expect(try await left("n2") == [Left(other.id, 2)])
        let (third, last) = try reserved(try await rows.reserve(new("ann@x.org", "b"), on: node("n1"), at: now))
        _ = try await tenants.delete(last.id, at: now)
        _ = try await tenants.beginPurge(last.id, ownedBy: node("n1"), at: now)
        try await tenants.purge(last.id, at: now)
        #expect(try await rows.undo(third, ifOverdue: false, at: now))
        #expect(try await users.rehearseCreate(email("ann@x.org")) == nil)
        #expect(try await Set(left("n1")) == [Left(other.id, 1), Left(last.id, 1)])
        // A node that is away for good keeps none for ever.
        _ = try await Housekeeping(store).sweep(Housekeeping.Retention(), at: .hours(91 * 24))
        #expect(try await left("n1").isEmpty)
    }

    private struct Left: Hashable {
        let tenant: TenantID
        let epoch: UInt64

        init(_ tenant: TenantID, _ epoch: UInt64) {
            self.tenant = tenant
            self.epoch = epoch
        }
    }

    private func left(_ name: String) async throws -> [Left] {
        try await LeftoverRows(store).list(of: node(name)).map { Left($0.tenant, $0.epoch.rawValue) }
    }

    func racingSignUps() async throws {
        _ = try await register(1)
        let outcomes = await withTaskGroup(of: SignUpRows.ReserveOutcome?.self) { group in
            for number in 0..<16 {
                group.addTask {
                    try? await self.rows.reserve(
                        self.new("ann@x.org", "t\(number)"), on: node("n1"), at: self.now)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let winners = outcomes.compactMap {
            if case .reserved(let row, let tenant)? = $0 { (row, tenant) } else { nil }
        }
        #expect(winners.count == 1)
        #expect(
            outcomes.allSatisfy {
                switch $0 {
                case .reserved?, .emailPending?: true
                default: false
                }
            })
        #expect(try await tenants.list().map(\.id) == winners.map(\.1.id))
        // The confirmation and the sweeper at once: one of them.
        let (row, tenant) = try #require(winners.first)
        async let confirmed = confirm(row, tenant, "ann@x.org")
        async let undone = rows.undo(row, ifOverdue: true, at: late)
        let isConfirmed = if case .confirmed = try await confirmed { true } else { false }
        let isUndone = try await undone
        #expect(isConfirmed != isUndone)
        #expect((try await users.find(normal: "ann@x.org") != nil) == isConfirmed)
        #expect((try await tenants.find(tenant.id) != nil) == isConfirmed)
    }
}
