import Testing
import Vocabulary

@testable import Access

@Suite struct TokenVerifierTests {
    @Test func `a verified token is remembered until it expires`() throws {
        let issuer = try Issuer()
        let verifier = TokenVerifier(keys: issuer.keys, time: issuer.time)
        let token = Substring(try issuer.token(seconds: 100).token)
        #expect(try verifier.known(token) == nil)
        let grant = try verifier.verify(token)
        #expect(try verifier.known(token) == grant)
        issuer.time.pass(seconds: 159)
        #expect(try verifier.verify(token) == grant)
        issuer.time.pass(seconds: 1)
        #expect(failure { () throws(AccessError) in try verifier.verify(token) } == .tokenExpired)
        #expect(failure { () throws(AccessError) in try verifier.verify(token) } == .tokenExpired)
    }

    @Test func `a bad token is not remembered`() throws {
        let issuer = try Issuer()
        let verifier = TokenVerifier(keys: issuer.keys, time: issuer.time)
        let token = Substring(try issuer.token().token.dropLast())
        for _ in 0..<2 { #expect(failure { () throws(AccessError) in try verifier.verify(token) } == .tokenInvalid) }
        #expect(try verifier.known(token) == nil)
    }

    @Test func `a revoked token is refused at once, remembered or not`() throws {
        let issuer = try Issuer()
        let verifier = TokenVerifier(keys: issuer.keys, revoked: [], time: issuer.time)
        let first = try issuer.token()
        let second = try issuer.token()
        _ = try verifier.verify(Substring(first.token))
        verifier.revoke(id: first.id)
        #expect(failure { () throws(AccessError) in try verifier.verify(Substring(first.token)) } == .tokenInvalid)
        _ = try verifier.verify(Substring(second.token))
        verifier.replace(keys: SigningKeys(), revoked: [])
        #expect(failure { () throws(AccessError) in try verifier.verify(Substring(second.token)) } == .tokenInvalid)
        verifier.replace(keys: issuer.keys, revoked: [second.id])
        _ = try verifier.verify(Substring(first.token))
        #expect(failure { () throws(AccessError) in try verifier.verify(Substring(second.token)) } == .tokenInvalid)
    }

    @Test func `to hear of the same keys again forgets nothing`() throws {
        let issuer = try Issuer()
        let verifier = TokenVerifier(keys: issuer.keys, revoked: ["x"], time: issuer.time)
        let token = Substring(try issuer.token().token)
        let grant = try verifier.verify(token)
        verifier.replace(keys: issuer.keys, revoked: ["x"])
        #expect(try verifier.known(token) == grant)
        verifier.replace(keys: issuer.keys, revoked: ["x", "y"])
        #expect(try verifier.known(token) == nil)
        _ = try verifier.verify(token)
        var other = issuer.keys
        try other.addSigning(SigningKeys.privateKeyText(seed: [UInt8](repeating: 9, count: 32)))
        verifier.replace(keys: other, revoked: ["x", "y"])
        #expect(try verifier.known(token) == nil)
    }

    @Test func `a grant that was verified before a revocation is not kept after it`() throws {
        let issuer = try Issuer()
        let cache = VerifiedTokenCache(capacity: 10)
        let token = Substring(try issuer.token().token)
        let grant = try issuer.verify(String(token))
        let generation = cache.generation
        cache.invalidate()
        cache.keep(grant, for: TokenDigest(token), generation: generation)
        #expect(cache.count == 0)
        cache.keep(grant, for: TokenDigest(token), generation: cache.generation)
        #expect(try cache.grant(for: TokenDigest(token), now: issuer.time.wall()) == grant)
    }

    @Test func `the memory is bounded and keeps what is in use`() throws {
        let issuer = try Issuer()
        let cache = VerifiedTokenCache(capacity: 100)
        let grant = try issuer.verify(try issuer.token().token)
        let favourite = TokenDigest("favourite")
        cache.keep(grant, for: favourite, generation: 0)
        for number in 0..<10_000 {
            cache.keep(grant, for: TokenDigest(Substring("token \(number)")), generation: 0)
            #expect(try cache.grant(for: favourite, now: issuer.time.wall()) != nil)
            #expect(cache.count <= 100)
        }
        #expect(try cache.grant(for: TokenDigest("token 0"), now: issuer.time.wall()) == nil)
        #expect(try cache.grant(for: TokenDigest("token 9999"), now: issuer.time.wall()) != nil)
    }
}
