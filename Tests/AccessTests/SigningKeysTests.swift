import Testing
import Vocabulary

@testable import Access

@Suite struct SigningKeysTests {
    // The examples of RFC 8410.
    static let privatePEM = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
        -----END PRIVATE KEY-----
        """
    static let privatePEMWithPublicKey = """
        -----BEGIN PRIVATE KEY-----
        MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
        oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
        Z9w7lshQhqowtrbLDFw4rXAxZuE=
        -----END PRIVATE KEY-----
        """
    static let publicPEM = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
        -----END PUBLIC KEY-----
        """
    static let publicText = "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"

    @Test func `keys are read from PEM and from base64`() throws {
        var ids: Set<[String]> = []
        for text in [Self.publicPEM, Self.publicText, Self.publicText + "=\n", "text before\r\n" + Self.publicPEM] {
            var keys = SigningKeys()
            try keys.addVerifying(text)
            ids.insert(keys.ids)
        }
        for text in [Self.privatePEM, Self.privatePEMWithPublicKey] {
            var keys = SigningKeys()
            try keys.addSigning(text)
            #expect(keys.canSign)
            ids.insert(keys.ids)
            #expect(try SigningKeys.publicKeyText(ofPrivate: text) == Self.publicText)
        }
        #expect(ids.count == 1)
    }

    @Test(arguments: [
        "", "AAAA", "-----BEGIN PUBLIC KEY-----", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----", SigningKeysTests.privatePEM,
        SigningKeysTests.publicPEM.replacing("MCowBQYDK2Vw", with: "MCowBQYDK2Vu"),
        SigningKeysTests.publicPEM + "\n" + SigningKeysTests.privatePEM,
    ])
    func `anything else is not taken for a public key`(text: String) {
        var keys = SigningKeys()
        #expect(throws: AccessSetupError.badKey) { try keys.addVerifying(text) }
        #expect(!keys.canVerify)
    }

    @Test func `anything else is not taken for a private key`() {
        var keys = SigningKeys()
        for text in ["", Self.publicPEM, Self.privatePEM + "\n" + Self.privatePEM, "AAAA"] {
            #expect(throws: AccessSetupError.badKey) { try keys.addSigning(text) }
        }
        #expect(!keys.canSign)
    }

    @Test func `several keys are tried, and a key id picks one`() throws {
        var issuer = try Issuer(kid: "first")
        let old = try issuer.token().token
        let bare = try issuer.sign(#"{"iat":1763000000,"id":"acme"}"#)
        try issuer.keys.addSigning(SigningKeys.privateKeyText(seed: [UInt8](repeating: 7, count: 32)), kid: "second")
        let new = try issuer.token().token
        for token in [old, new, bare] { #expect(issuer.failure(token) == nil) }
        // The right key, but under another name.
        let misnamed = try issuer.sign(#"{"iat":1763000000}"#, header: #"{"alg":"EdDSA","kid":"first"}"#)
        #expect(issuer.failure(misnamed) == .tokenInvalid)
        let unknown = try issuer.sign(#"{"iat":1763000000}"#, header: #"{"alg":"EdDSA","kid":"third"}"#)
        #expect(issuer.failure(unknown) == .tokenInvalid)
        issuer.keys.remove(kid: "first")
        #expect(issuer.failure(old) == .tokenInvalid)
        #expect(issuer.failure(bare) == .tokenInvalid)
        #expect(issuer.failure(new) == nil)
        issuer.keys.remove(kid: "second")
        #expect(!issuer.keys.canSign && !issuer.keys.canVerify)
    }

    @Test func `there are not more keys than may be tried, and no two with one id`() throws {
        var keys = SigningKeys()
        for number in 0..<SigningKeys.limit {
            try keys.addSigning(SigningKeys.privateKeyText(seed: [UInt8](repeating: UInt8(number), count: 32)))
        }
        #expect(throws: AccessSetupError.tooManyKeys(limit: SigningKeys.limit)) {
            try keys.addVerifying(Self.publicPEM)
        }
        keys.remove(kid: keys.ids[3])
        try keys.addVerifying(Self.publicPEM)
        #expect(throws: AccessSetupError.repeatedKeyID(keys.ids[15])) { try keys.addVerifying(Self.publicPEM) }
        #expect(throws: AccessSetupError.badKey) {
            try keys.addVerifying(Self.publicPEM + "\n" + Self.publicPEM, kid: "x")
        }
        #expect(keys.ids.count == SigningKeys.limit)
    }
}
