import Testing
import Vocabulary

@testable import Access

@Suite struct AuthenticatorTests {
    struct Door {
        let issuer: Issuer
        let admin: AdminToken.New
        let verifier: TokenVerifier
        let authenticator: Authenticator

        init(configured: Bool = true, scopes: [AdminScope] = [.admin]) throws {
            issuer = try Issuer()
            admin = AdminToken.make(name: "ops", scopes: scopes, random: issuer.random)
            verifier = TokenVerifier(keys: issuer.keys, time: issuer.time)
            let token = try AdminToken(name: "ops", sha256: admin.sha256, scopes: scopes.map(\.rawValue))
            authenticator = Authenticator(
                admins: configured ? try AdminTokens([token]) : .none, verifier: verifier,
                throttle: AuthThrottle(time: issuer.time))
        }

        func enter(_ header: String?, from address: String = "10.0.0.1") throws(AccessError) -> Credential {
            try authenticator.authenticate(authorization: header, from: address)
        }

        func refusal(_ header: String?, from address: String = "10.0.0.1") -> AccessError? {
            failure { () throws(AccessError) in try enter(header, from: address) }
        }
    }

    @Test func `an admin may do what its scopes say`() throws {
        let door = try Door()
        let credential = try door.enter("Bearer " + door.admin.token)
        #expect(credential.principal == .admin(name: "ops", scopes: AdminScopes([.admin])))
        #expect(try credential.authority(over: target("any", 5)).level == .ddl)
        #expect(try credential.authority(over: target("any")).mayWrite)
        try credential.require(.admin)
        #expect(failure { () throws(AccessError) in try credential.soleTenant() } == .tenantRequired)
        let reader = try Door(scopes: [.read])
        let limited = try reader.enter("bearer  " + reader.admin.token)
        try limited.require(.read)
        let goal = try target("any", 5)
        #expect(failure { () throws(AccessError) in try limited.require(.operator) } == .forbidden)
        #expect(failure { () throws(AccessError) in try limited.authority(over: goal) } == .forbidden)
        let stranger = AdminToken.make(name: "ops", scopes: [.admin], random: door.issuer.random)
        #expect(door.refusal("Bearer " + stranger.token) == .tokenInvalid)
    }

    @Test func `a tenant token opens its tenant only, and no control plane`() throws {
        let door = try Door()
        let credential = try door.enter("BEARER " + door.issuer.token(level: .read).token)
        #expect(try !credential.authority(over: target("acme", 0x1000)).mayWrite)
        #expect(try credential.soleTenant() == .id(TenantID(0x1000)))
        for goal in [try target("acme", 0x1001), try target("absent")] {
            #expect(failure { () throws(AccessError) in try credential.authority(over: goal) } == .forbidden)
        }
        #expect(failure { () throws(AccessError) in try credential.require(.read) } == .forbidden)
        #expect(try door.authenticator.authenticate(token: door.issuer.token().token, from: "::1").grant != nil)
    }

    @Test(arguments: [
        (nil, AccessError.tokenMissing), ("Bearer", .tokenMissing), ("Bearer ", .tokenMissing),
        ("Bearer   ", .tokenMissing),
        ("", .tokenInvalid), ("Basic b3BzOng=", .tokenInvalid), ("Bearerx", .tokenInvalid), ("Bearer x", .tokenInvalid),
        ("Bearer a.b.c", .tokenInvalid), ("Bearer rh_admin_", .tokenInvalid), ("Beare", .tokenInvalid),
    ])
    func `whoever shows nothing good stays outside`(header: String?, expected: AccessError) throws {
        #expect(try Door().refusal(header) == expected)
    }

    @Test func `an expired token is told apart`() throws {
        let door = try Door()
        let token = try door.issuer.token(seconds: 10).token
        door.issuer.time.pass(seconds: 100)
        #expect(door.refusal("Bearer " + token) == .tokenExpired)
    }

    @Test func `huge headers are refused unread`() throws {
        #expect(try Door().refusal("Bearer " + String(repeating: "a", count: 10_000_000)) == .tokenInvalid)
    }

    @Test func `guessing is slowed down, what was verified before is not`() throws {
        let door = try Door()
        let header = "Bearer " + (try door.issuer.token().token)
        _ = try door.enter(header)
        for _ in 0..<AuthThrottle.burst { #expect(door.refusal("Bearer x") == .tokenInvalid) }
        #expect(door.refusal("Bearer x") == .rateLimited(retryAfterSeconds: 6))
        let fresh = "Bearer " + (try door.issuer.token().token)
        #expect(door.refusal(fresh) == .rateLimited(retryAfterSeconds: 6))
        // Guesses from an operator's own address do not lock the operator out.
        _ = try door.enter("Bearer " + door.admin.token)
        _ = try door.enter(header)
        _ = try door.enter(fresh, from: "10.0.0.2")
        door.issuer.time.pass(seconds: 6)
        _ = try door.enter("Bearer " + (try door.issuer.token().token))
    }

    @Test func `without credentials everybody is let in, and tokens of ours still count`() throws {
        let door = try Door(configured: false)
        for header in [nil, "Bearer made-up", "Basic x", "Bearer " + door.admin.token, "Bearer "] {
            let credential = try door.enter(header)
            #expect(credential.principal == .anonymousLocal)
            #expect(try credential.authority(over: target("any")) == Authority(principal: 0, level: .ddl))
            try credential.require(.admin)
        }
        let reader = try door.enter("Bearer " + door.issuer.token(level: .read).token)
        #expect(try reader.authority(over: target("acme", 0x1000)).level == .read)
        #expect(failure { () throws(AccessError) in try reader.require(.read) } == .forbidden)
        let old = try door.issuer.token(seconds: 1).token
        door.issuer.time.pass(seconds: 100)
        #expect(door.refusal("Bearer " + old) == .tokenExpired)
        for _ in 0..<100 { _ = try door.enter("Bearer made-up") }
    }

    @Test func `principals have numbers that stay and differ`() {
        let principals: [Principal] = [
            .anonymousLocal, .admin(name: "a", scopes: []), .admin(name: "b", scopes: []), .tenantToken(id: "a"),
            .tenantToken(id: "b"),
        ]
        #expect(Set(principals.map(\.number)).count == principals.count)
        #expect(Principal.tenantToken(id: "a").number == 0x1924_7763_cf95_696c)
        #expect(Principal.admin(name: "a", scopes: AdminScopes([.admin])).number == principals[1].number)
    }
}
