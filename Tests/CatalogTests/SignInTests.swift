import Access
import Catalog
import Seams
import Testing
import Vocabulary

@testable import Accounts

/// Signing in, and what sessions allow, over a catalog in memory.
@Suite struct SignInTests {
    let time = ManualTime(seconds: 1_763_000_000)
    let store: CatalogStore
    let signIn: SignIn
    let sessions: CatalogSessions
    let users: UserRows
    let passwords: Passwords
    let notes: AccessNotes

    init() async throws {
        let driver = SQLiteCatalogDriver()
        try await CatalogSchema.migrate(driver, dialect: .sqlite, at: time.wall())
        store = .over(driver)
        notes = AccessNotes(time: time)
        passwords = Passwords(pool: PasswordPool(), logRounds: 10, random: SystemRandom())
        users = UserRows(store)
        sessions = CatalogSessions(store: store, time: time)
        signIn = SignIn(
            store: store, passwords: passwords, throttle: AuthThrottle(time: time),
            lifetimes: .init(longest: 24 * 3_600_000, idle: 3_600_000), notes: notes, time: time,
            random: SystemRandom())
        _ = try await NodeRows(store).register(
            NodeRegistration(id: node("n1"), address: "http://n1:8080", stopsAtDeadline: true), at: time.wall())
    }

    private func user(_ text: String, password: String?) async throws -> UserRow {
        var hash: String?
        if let password { hash = try await passwords.hash(password) }
        guard
            case .created(let row) = try await users.create(
                try EmailAddress(text).forCatalog, password: hash, at: time.wall())
        else { throw ConformanceFailure(what: "not created") }
        return row
    }

    private func tenant(_ text: String) async throws -> TenantRow {
        guard
            case .created(let row) = try await TenantRows(store).create(
                .init(key: key(text)), on: node("n1"), at: time.wall())
        else { throw ConformanceFailure(what: "not created") }
        return try #require(
            try await TenantRows(store).markReady(row.id, by: node("n1"), epoch: .first, at: time.wall()))
    }

    private func enter(_ email: String, _ password: String, _ terms: SignIn.Terms = .init()) async throws
        -> SignIn.Begun
    {
        try await signIn.begin(email: email, password: password, terms, limitsAddress: false)
    }

    private func grant(_ begun: SignIn.Begun) async throws -> SessionGrant {
        try #require(try await sessions.session(of: begun.session.digest))
    }

    @Test func `the right password opens, and everything else is one refusal`() async throws {
        _ = try await user("Ann@x.org", password: "correct horse")
        _ = try await user("bob@x.org", password: nil)
        let begun = try await enter(" ANN@X.ORG", "correct horse")
        #expect(begun.token.hasPrefix("rh_sess_") && begun.token.utf8.count == 51)
        #expect(try await grant(begun).user == begun.session.user)
        for (email, password) in [
            ("ann@x.org", "wrong horse"), ("bob@x.org", ""), ("bob@x.org", "correct horse"), ("no@x.org", "x"),
            ("no email", "x"), ("", ""), ("ann@x.org", String(repeating: "x", count: 100_000)),
        ] {
            await #expect(throws: AccountsError.credentialsInvalid) { try await enter(email, password) }
        }
        var change = UserRows.Change()
        change.state = .disabled
        _ = try await users.change(begun.session.user, change, at: time.wall())
        await #expect(throws: AccountsError.credentialsInvalid) { try await enter("ann@x.org", "correct horse") }
        #expect(try await signIn.begin(begun.session.user, .init()) == nil)
        await #expect(throws: AccessError.tokenInvalid) { try await grant(begun) }
    }

    @Test func `an email that nobody has costs as much as a wrong password`() async throws {
        let costly = Passwords(pool: PasswordPool(), logRounds: 12, random: SystemRandom())
        let stored = try await costly.hash("correct horse")
        func duration(_ stored: String?) async throws -> Duration {
            var best = Duration.seconds(60)
            for _ in 0..<3 {
                best = min(
                    best, try await ContinuousClock().measure { _ = try await costly.verify("x", against: stored) })
            }
            return best
        }
        let (known, unknown) = (try await duration(stored), try await duration(nil))
        // Generous, for a busy machine; without the dummy it is a thousandth.
        #expect(unknown > known / 4, "\(unknown) against \(known)")
    }

    @Test func `who comes from where its owner got in is not slowed down by what strangers try`() async throws {
        _ = try await user("ann@x.org", password: "correct horse")
        func enter(_ password: String, from address: String) async throws {
            var terms = SignIn.Terms()
            terms.origin = address
            _ = try await signIn.begin(email: "ann@x.org", password: password, terms, limitsAddress: false)
        }
        func isSlowed(_ address: String) async -> Bool {
            do { try await enter("correct horse", from: address) } catch AccountsError.rateLimited { return true } catch
            {}
            return false
        }
        try await enter("correct horse", from: "192.0.2.1")
        for guess in 0..<10 {
            await #expect(throws: AccountsError.credentialsInvalid) {
                try await enter("wrong", from: "198.51.100.\(guess)")
            }
        }
        #expect(await isSlowed("198.51.100.99"))
        #expect(await isSlowed(""))
        #expect(await !isSlowed("192.0.2.1"))
        // There it is slowed down by what is tried there.
        for _ in 0..<10 {
            await #expect(throws: AccountsError.credentialsInvalid) { try await enter("wrong", from: "192.0.2.1") }
        }
        #expect(await isSlowed("192.0.2.1"))
    }

    @Test func `guesses at one account are slowed down, known or not`() async throws {
        _ = try await user("ann@x.org", password: "correct horse")
        for email in ["ann@x.org", "nobody@x.org"] {
            for _ in 0..<10 {
                await #expect(throws: AccountsError.credentialsInvalid) { try await enter(email, "wrong") }
            }
            do {
                _ = try await enter(email, "correct horse")
                Issue.record("not slowed down")
            } catch AccountsError.rateLimited(let seconds) {
                #expect((1...6).contains(seconds))
            }
        }
        time.advance(seconds: 7)
        _ = try await enter("ann@x.org", "correct horse")
        // And who guessed is written down, by address and not by email.
        let codes = notes.take().compactMap { told in
            if case .refused(let code, _) = told.what { code } else { nil }
        }
        #expect(Set(codes) == ["credentials_invalid", "rate_limited"])
    }

    /// A guess counts before anybody knows whether it is right.
    @Test func `guesses that come at once are slowed down as those that come one by one`() async throws {
        let ann = try await user("ann@x.org", password: "correct horse")
        let wrong = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    do { _ = try await enter("ann@x.org", "wrong") } catch AccountsError.credentialsInvalid {
                        return true
                    } catch {}
                    return false
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wrong == Int(AuthThrottle.burst))
        let answered = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 {
                group.addTask { (try? await signIn.isRight("wrong", against: ann.password, of: "again")) == false }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(answered == Int(AuthThrottle.burst))
    }

    @Test func `a password of another cost is hashed anew when it is used`() async throws {
        let old = Passwords(pool: PasswordPool(), logRounds: 11, random: SystemRandom())
        let hash = try await old.hash("correct horse")
        guard
            case .created(let ann) = try await users.create(
                try EmailAddress("ann@x.org").forCatalog, password: hash, at: time.wall())
        else { throw ConformanceFailure(what: "not created") }
        await #expect(throws: AccountsError.credentialsInvalid) { try await enter("ann@x.org", "wrong") }
        #expect(try await users.find(ann.id)?.password == hash)
        _ = try await enter("ann@x.org", "correct horse")
        #expect(try await users.find(ann.id)?.password?.hasPrefix("scrypt$ln=10,") == true)
        _ = try await enter("ann@x.org", "correct horse")
    }

    @Test func `a session reaches what its user is a member of, its role at most`() async throws {
        let ann = try await user("ann@x.org", password: "correct horse")
        let (a, b) = (try await tenant("a"), try await tenant("b"))
        _ = try await MembershipRows(store).put(ann.id, a.id, .admin, at: time.wall())
        let begun = try await enter("ann@x.org", "correct horse")
        #expect(try await grant(begun).sole?.key == key("a"))
        #expect(try await grant(begun).memberships.map(\.level) == [.ddl])
        _ = try await MembershipRows(store).put(ann.id, b.id, .ro, at: time.wall())
        #expect(try await grant(begun).sole == nil)
        // One that is for one tenant, and may less than its user.
        var terms = SignIn.Terms()
        (terms.tenant, terms.role) = (key("a"), .rw)
        let bound = try await enter("ann@x.org", "correct horse", terms)
        #expect(try await grant(bound).memberships.map(\.tenant) == [a.id])
        #expect(try await grant(bound).memberships.map(\.level) == [.write])
        (terms.tenant, terms.role) = (key("b"), .admin)
        let reader = try await enter("ann@x.org", "correct horse", terms)
        #expect(try await grant(reader).memberships.map(\.level) == [.read])
        // A tenant that it is no member of, and one that is not there, after the right password only.
        _ = try await tenant("c")
        for other in ["c", "d"] {
            terms.tenant = key(other)
            await #expect(throws: AccountsError.notMember) { try await enter("ann@x.org", "correct horse", terms) }
            await #expect(throws: AccountsError.credentialsInvalid) { try await enter("ann@x.org", "wrong", terms) }
        }
        _ = try await MembershipRows(store).remove(ann.id, a.id, at: time.wall())
        #expect(try await grant(bound).memberships.isEmpty)
        // Renamed, it is the same.
        _ = try await TenantRows(store).rename(b.id, to: key("bb"), at: time.wall())
        #expect(try await grant(reader).sole?.key == key("bb"))
    }

    @Test func `a disabled user is kept out whatever is left of its sessions`() async throws {
        let ann = try await user("ann@x.org", password: nil)
        let begun = try #require(try await signIn.begin(ann.id, .init()))
        // As damage, or another version, might have it: disabling ends the sessions too.
        _ = try await store.driver.run(
            CatalogTransaction(.schema, [CatalogStatement("UPDATE users SET state = 'disabled'")]))
        await #expect(throws: AccessError.tokenInvalid) { try await grant(begun) }
    }

    @Test func `use puts the end off, and nothing puts the last one off`() async throws {
        _ = try await user("ann@x.org", password: "correct horse")
        let begun = try await enter("ann@x.org", "correct horse")
        var terms = SignIn.Terms()
        terms.isSliding = false
        terms.lifetime = 7_200_000
        let fixed = try await enter("ann@x.org", "correct horse", terms)
        #expect(try await grant(fixed).expires == fixed.session.ends)
        let sliding = Task { await sessions.run() }
        defer { sliding.cancel() }
        for _ in 0..<60 {
            time.advance(seconds: 1500)
            guard (try? await grant(begun)) != nil else { break }
            let now = time.wall()
            // The writing comes after the look; a session is looked at often enough for that.
            for _ in 0..<10_000 {
                let row = try #require(try await SessionRows(store).find(begun.session.id))
                if row.slid == now || row.expires == row.ends { break }
                await Task.yield()
            }
        }
        let end = try #require(try await SessionRows(store).find(begun.session.id))
        #expect(end.expires == end.ends)
        await #expect(throws: AccessError.tokenExpired) { try await grant(begun) }
        await #expect(throws: AccessError.tokenExpired) { try await grant(fixed) }
    }

    @Test func `the follower makes the node forget who changed, and tells when it has heard`() async throws {
        let ann = try await user("ann@x.org", password: "correct horse")
        let begun = try await enter("ann@x.org", "correct horse")
        let cache = SessionCache(capacity: 10, bound: 1_000_000_000, staleFor: 0, time: time)
        let authenticator = Authenticator(
            admins: .none, verifier: TokenVerifier(keys: SigningKeys(), time: time),
            throttle: AuthThrottle(time: time), sessions: .init(cache: cache, source: sessions))
        let header = "Bearer " + begun.token
        func isKnown() -> Bool { (try? authenticator.authenticate(authorization: header, from: "local")) != nil }
        let follower = UserFollower(
            store: store, cache: cache, interval: 1, time: time, sleep: { _ in try await Task.sleep(for: .seconds(9)) })
        var known: [UserChangeLog.Head] = []
        #expect(try await follower.poll(&known))
        _ = try await authenticator.readSession(authorization: header, from: nil)
        #expect(isKnown())
        #expect(try await follower.poll(&known))
        #expect(isKnown())
        _ = try await SessionRows(store).revokeAll(of: ann.id, at: time.wall())
        #expect(isKnown())
        #expect(try await follower.poll(&known))
        #expect(!isKnown())
        await #expect(throws: AccessError.tokenInvalid) {
            try await authenticator.readSession(authorization: header, from: nil)
        }
    }

    @Test func `the follower sees that commits were lost, also where others have got their numbers`() async throws {
        let ann = try await user("ann@x.org", password: nil)
        let cache = SessionCache(capacity: 10, bound: 1_000_000_000, staleFor: 0, time: time)
        let authenticator = Authenticator(
            admins: .none, verifier: TokenVerifier(keys: SigningKeys(), time: time),
            throttle: AuthThrottle(time: time), sessions: .init(cache: cache, source: sessions))
        let begun = try #require(try await signIn.begin(ann.id, .init()))
        let follower = UserFollower(
            store: store, cache: cache, interval: 1, time: time, sleep: { _ in try await Task.sleep(for: .seconds(9)) })
        var known: [UserChangeLog.Head] = []
        let other = UserID(ann.id.rawValue &+ UInt64(UserChangeLog.buckets))
        let bucket = Int64(ann.id.rawValue % UInt64(UserChangeLog.buckets))
        for isMore in [false, true] {
            // Another user of the bucket changes; then the catalog forgets that, and somebody else gets the number.
            _ = try await SessionRows(store).revokeAll(of: ann.id, but: begun.session.id, at: time.wall())
            #expect(try await follower.poll(&known))
            _ = try await authenticator.readSession(authorization: "Bearer " + begun.token, from: nil)
            var lost = [
                CatalogStatement(
                    "UPDATE user_changes SET user_id = ?2 WHERE bucket = ?1 AND seq = (SELECT MAX(seq) FROM user_changes WHERE bucket = ?1)",
                    [.integer(bucket), .integer(Int64(bitPattern: other.rawValue))])
            ]
            if isMore {
                lost.append(
                    CatalogStatement(
                        "UPDATE user_change_counters SET seq = seq + 1 WHERE bucket = ?1", [.integer(bucket)]))
                lost.append(
                    CatalogStatement(
                        "INSERT INTO user_changes (bucket, seq, user_id) SELECT bucket, seq, ?2 FROM user_change_counters WHERE bucket = ?1",
                        [.integer(bucket), .integer(Int64(bitPattern: other.rawValue &+ 1))]))
            }
            _ = try await store.driver.run(CatalogTransaction(.schema, lost))
            _ = try await follower.poll(&known)
            #expect(throws: AccessError.sessionUnread) {
                try authenticator.authenticate(authorization: "Bearer " + begun.token, from: "local")
            }
        }
    }

    @Test func `a follower that is far behind reads on without a pause`() async throws {
        let ann = try await user("ann@x.org", password: nil)
        let cache = SessionCache(capacity: 10, bound: 1_000_000_000, staleFor: 0, time: time)
        let follower = UserFollower(
            store: store, cache: cache, interval: 1, time: time, sleep: { _ in throw CancellationError() })
        var known = try await UserChangeLog(store).heads()
        for _ in 0..<600 { _ = try await SessionRows(store).revokeAll(of: ann.id, at: time.wall()) }
        await follower.catchUp(&known)
        #expect(try await known == UserChangeLog(store).heads())
    }

    @Test func `a password that somebody else has hashed anew or changed meanwhile`() async throws {
        let old = Passwords(pool: PasswordPool(), logRounds: 11, random: SystemRandom())
        let hash = try await old.hash("correct horse")
        guard
            case .created(let ann) = try await users.create(
                try EmailAddress("ann@x.org").forCatalog, password: hash, at: time.wall())
        else { throw ConformanceFailure(what: "not created") }
        // Many at once: each is right, whoever stores the new hash.
        let entered = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { (try? await enter("ann@x.org", "correct horse")) != nil } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(entered == 8)
        #expect(try await users.find(ann.id)?.password?.hasPrefix("scrypt$ln=10,") == true)
    }

    @Test func `a session reaches a tenant that was deleted when it is back, and does not count it before`()
        async throws
    {
        let ann = try await user("ann@x.org", password: nil)
        let (a, b) = (try await tenant("a"), try await tenant("b"))
        for one in [a, b] { _ = try await MembershipRows(store).put(ann.id, one.id, .rw, at: time.wall()) }
        let begun = try #require(try await signIn.begin(ann.id, .init()))
        _ = try await TenantRows(store).delete(b.id, at: time.wall())
        let grant = try await grant(begun)
        #expect(grant.sole?.tenant == a.id)
        // What is remembered from now serves when it is back.
        #expect(grant.level(on: TenantTarget(key: key("b"), id: b.id, keyBoundAt: nil)) == .write)
    }
}
