import Crypto
import FoundationEssentials
import Testing
import Vocabulary

@testable import Access

@Suite struct TenantTokenTests {
    let now: Int64 = 1_763_000_000

    @Test func `a token that was made grants its tenant and nothing else`() throws {
        let issuer = try Issuer()
        for level in AccessLevel.allCases {
            let made = try issuer.token(level: level, seconds: 60)
            let grant = try issuer.verify(made.token)
            #expect(grant.tokenID == made.id)
            #expect(grant.issuedAt == issuer.time.wall())
            #expect(grant.expiresAt == made.expiresAt)
            #expect(grant.principal == .tenantToken(id: made.id))
            #expect(grant.soleTenant == .id(TenantID(0x1000)))
            // By id, so renamed too; never by the key that it carries.
            #expect(grant.level(on: try target("acme", 0x1000)) == level)
            #expect(grant.level(on: try target("renamed", 0x1000, boundAt: .max)) == level)
            #expect(grant.level(on: try target("acme", 0x1001)) == nil)
            #expect(grant.level(on: try target("acme")) == nil)
        }
        #expect(try issuer.token().token != issuer.token().token)
    }

    @Test func `claims are whole numbers and what libSQL's tools expect`() throws {
        let issuer = try Issuer(kid: "k1")
        let parts = try issuer.token(seconds: 60).token.split(separator: ".")
        let header = String(decoding: try #require(Base64URL.decode(String(parts[0]))), as: UTF8.self)
        let payload = String(decoding: try #require(Base64URL.decode(String(parts[1]))), as: UTF8.self)
        #expect(header == #"{"alg":"EdDSA","kid":"k1","typ":"JWT"}"#)
        #expect(payload.contains(#""exp":\#(now + 60),"iat":\#(now),"#))
        #expect(payload.contains(#""p":{"rw":{"ns":["acme"]}}"#))
        #expect(payload.contains(#""tid":"0000000000001000""#))
    }

    @Test func `a token of another tool is verified with its PEM key`() throws {
        // Key and signature by openssl (genpkey -algorithm ed25519, pkeyutl -rawin).
        var issuer = try Issuer()
        issuer.keys = SigningKeys()
        try issuer.keys.addVerifying(
            """
            -----BEGIN PUBLIC KEY-----
            MCowBQYDK2VwAyEAAu8iZVE18oc+rl/ARDZLCHslgI34Gg9JuCyHj40W7qw=
            -----END PUBLIC KEY-----
            """)
        let token =
            "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJwIjp7InJ3Ijp7Im5zIjpbImFjbWUiXX19LCJpYXQiOjE3NjMwMDAwMDAsImV4cCI6MTc2MzA4"
            + "NjQwMH0.aIFFAsZeQX-R0v-HQwoZLsmyJNJsjpOwgNw3-dczqNFxhWU769I37HXqt7hQZz3-AcMgGOfTynTKW-ueDNDNAw"
        let grant = try issuer.verify(token)
        #expect(grant.level(on: try target("acme", 7)) == .write)
        #expect(grant.tokenID == nil)
        #expect(!issuer.keys.canSign)
    }

    @Test(arguments: [
        (#""p":{"ro":{"ns":["a","b"]},"rw":{"ns":["b","c"]}}"#, "a ro b rw c rw"),
        (#""p":{"roa":{"ns":["a"]},"rwa":{"ns":["b"]},"ddl":{"ns":["c"]}}"#, "a ro b rw c ddl"),
        (#""p":{"rw":{"tags":["g"]}}"#, ""), (#""p":{"rw":{}}"#, ""), (#""p":{}"#, ""),
        (#""p":{},"id":"a","a":"rw""#, ""),
        (#""p":{"admin":{"ns":["a"]}}"#, ""),
        (#""id":"a""#, "a rw"), (#""id":"a","a":"ro""#, "a ro"), (#""id":"a","a":"root""#, ""), (#""a":"rw""#, ""),
        ("", ""), (#""id":"..","a":"rw""#, ""), (#""id":"a","tid":"zz""#, ""),
        (#""id":"a","tid":"0000000000000001""#, ""),
        (#""tid":"00000000000000FF","a":"rw""#, ""), (#""tid":"0000000000000007","p":{"rw":{"ns":["a"]}}"#, "#7 rw"),
        (#""tid":"0000000000000007","a":"ro""#, "#7 ro"), (#""tid":"0000000000000007""#, ""),
        (#""tid":"0000000000000007","p":{},"a":"rw""#, ""),
        (#""tid":"0000000000000007","p":{"ro":{},"ddl":{}}"#, "#7 ddl"),
    ])
    func `claims grant what they name and nothing without a name`(claims: String, expected: String) throws {
        let issuer = try Issuer()
        let comma = claims.isEmpty ? "" : ","
        let grant = try issuer.verify(try issuer.sign(#"{"iat":\#(now)\#(comma)\#(claims)}"#))
        let granted =
            switch grant.tenants {
            case .one(let id, let level): "#\(id.rawValue) \(level.name)"
            case .keys(let levels):
                levels.sorted { $0.key.string < $1.key.string }.map { "\($0.key) \($0.value.name)" }.joined(
                    separator: " ")
            }
        #expect(granted == expected)
        #expect(grant.level(on: try target("other", 99)) == nil)
    }

    @Test func `a token by key is worth nothing on a tenant that got the key later`() throws {
        let issuer = try Issuer()
        let grant = try issuer.verify(try issuer.sign(#"{"iat":\#(now),"id":"acme"}"#))
        #expect(grant.level(on: try target("acme", 1, boundAt: now * 1000 - 1)) == .write)
        #expect(grant.level(on: try target("acme", 1, boundAt: now * 1000 + 999)) == .write)
        #expect(grant.level(on: try target("acme", 1, boundAt: now * 1000 + 1000)) == nil)
        #expect(grant.level(on: try target("acme")) == .write)
    }

    @Test func `times have a leeway of a minute and no more`() throws {
        let issuer = try Issuer()
        let cases: [(String, AccessError?)] = [
            (#"{"iat":\#(now)}"#, nil), (#"{}"#, .tokenInvalid), (#"{"iat":\#(now + 60)}"#, nil),
            (#"{"iat":\#(now + 61)}"#, .tokenInvalid), (#"{"iat":-1}"#, .tokenInvalid),
            (#"{"iat":1e300}"#, .tokenInvalid),
            (#"{"iat":"\#(now)"}"#, .tokenInvalid), (#"{"iat":\#(now),"exp":\#(now - 59)}"#, nil),
            (#"{"iat":\#(now),"exp":\#(now - 60)}"#, .tokenExpired), (#"{"iat":\#(now),"exp":0}"#, .tokenExpired),
            // What the audit log says of a support token's end is its end.
            (#"{"iat":\#(now),"exp":\#(now + 1),"sup":"admin:ops"}"#, nil),
            (#"{"iat":\#(now),"exp":\#(now),"sup":"admin:ops"}"#, .tokenExpired),
            (#"{"iat":\#(now),"exp":-5}"#, .tokenExpired), (#"{"iat":\#(now),"exp":1e300}"#, nil),
            (#"{"iat":\#(now),"exp":\#(now).5}"#, nil), (#"{"iat":\#(now),"exp":null}"#, nil),
            (#"{"iat":\#(now),"nbf":\#(now + 60)}"#, nil), (#"{"iat":\#(now),"nbf":\#(now + 61)}"#, .tokenInvalid),
            (#"{"iat":\#(now),"nbf":1e300}"#, .tokenInvalid),
        ]
        for (payload, expected) in cases {
            #expect(issuer.failure(try issuer.sign(payload)) == expected, "\(payload)")
        }
    }

    @Test func `no other algorithm is accepted, whatever the header says`() throws {
        let issuer = try Issuer()
        let payload = #"{"iat":\#(now),"id":"acme","a":"rw"}"#
        for header in [
            #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":"HS256"}"#, #"{"alg":"ES256"}"#, #"{"alg":"eddsa"}"#,
            #"{"alg":"Ed25519"}"#, "{}", #"{"alg":null}"#, #"{"alg":["EdDSA"]}"#, "", "[]", "null",
            #"{"alg":"EdDSA","crit":["exp"]}"#, #"{"alg":"EdDSA","kid":7}"#,
        ] {
            #expect(issuer.failure(try issuer.sign(payload, header: header)) == .tokenInvalid, "\(header)")
        }
        // The public key taken for an HMAC secret: the classic confusion.
        let signed =
            Base64URL.encode(Array(#"{"alg":"HS256"}"#.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        let secret = SymmetricKey(data: try #require(issuer.keys.verifying.first).key.rawRepresentation)
        let code = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: secret)
        #expect(issuer.failure(signed + "." + Base64URL.encode(Array(code))) == .tokenInvalid)
        let unsigned =
            Base64URL.encode(Array(#"{"alg":"none"}"#.utf8)) + "." + Base64URL.encode(Array(payload.utf8)) + "."
        #expect(issuer.failure(unsigned) == .tokenInvalid)
    }

    @Test func `a token that was changed anywhere is refused`() throws {
        let issuer = try Issuer()
        let token = try issuer.token().token
        let characters = Array(token)
        for index in characters.indices {
            var changed = characters
            changed[index] = changed[index] == "A" ? "B" : "A"
            #expect(issuer.failure(String(changed)) == .tokenInvalid, "character \(index)")
            #expect(issuer.failure(String(characters[..<index])) == .tokenInvalid, "cut at \(index)")
        }
        for wrong in [
            "", ".", "..", "...", token + ".", token + ".x", "." + token, token + "=", token + " ", " " + token,
        ] {
            #expect(issuer.failure(wrong) == .tokenInvalid)
        }
    }

    @Test func `a signature of another token or another key is refused`() throws {
        let issuer = try Issuer()
        var other = try Issuer(kid: "other")
        _ = other.random.bytes(32)
        other.keys = SigningKeys()
        try other.keys.addSigning(SigningKeys.privateKeyText(seed: [UInt8](repeating: 9, count: 32)))
        let payload = #"{"iat":\#(now),"id":"acme"}"#
        #expect(issuer.failure(try other.sign(payload)) == .tokenInvalid)
        let mine = try issuer.token().token.split(separator: ".")
        let second = try issuer.token(TenantID(0x2000)).token.split(separator: ".")
        #expect(issuer.failure([mine[0], second[1], mine[2]].joined(separator: ".")) == .tokenInvalid)
        var none = issuer
        none.keys = SigningKeys()
        #expect(none.failure(try issuer.token().token) == .tokenInvalid)
    }

    @Test func `a token is at most 8 KiB`() throws {
        let issuer = try Issuer()
        func token(padding: Int) throws -> String {
            try issuer.sign(#"{"iat":\#(now),"id":"acme","x":"\#(String(repeating: "x", count: padding))"}"#)
        }
        let long = try token(padding: 6000)
        #expect(long.utf8.count < 8192 && issuer.failure(long) == nil)
        #expect(issuer.failure(try token(padding: 6200)) == .tokenInvalid)
        #expect(issuer.failure(String(repeating: "a", count: 1 << 20)) == .tokenInvalid)
        let deep = String(repeating: "[", count: 2500)
        #expect(issuer.failure(try issuer.sign(#"{"iat":\#(now),"x":"# + deep)) == .tokenInvalid)
        #expect(issuer.failure(try issuer.sign(#"{"iat":\#(now),"id":7}"#)) == .tokenInvalid)
    }
}
