import Crypto
import FoundationEssentials
package import Seams
package import Vocabulary

/// Makes and checks tenant tokens: JWTs (RFC 7519) signed with Ed25519 (RFC 8037), as libSQL's clients carry them. Pure.
package enum TenantTokens {
    package struct New: Sendable {
        /// By which it can be revoked.
        package let id: String
        package let token: String
        package let expiresAt: WallTime
    }

    /// Makes a token for one tenant. It names the tenant by id, which decides, and by key, for libSQL's own tools.
    ///
    /// - Parameter seconds: how long it lives, at least 1.
    /// - Parameter supporter: whose support token it is; nil for any other.
    /// - Returns: nil if there is no signing key.
    package static func make(
        for tenant: TenantID, key: TenantKey, level: AccessLevel, seconds: Int64, supporter: String? = nil,
        keys: SigningKeys, now: WallTime, random: any RandomSource
    ) -> New? {
        guard let signing = keys.signing else { return nil }
        let id = Self.id(of: tenant, random)
        let issued = now.milliseconds / 1000
        // Capped where JSON's numbers are still exact.
        let expires = issued + min(max(seconds, 1), 100_000_000_000)
        var claims = TokenClaims()
        claims.tid = tenant.description
        claims.p = [level.name: TokenClaims.Permission(ns: [key.string])]
        claims.iat = Double(issued)
        claims.exp = Double(expires)
        claims.jti = id
        claims.sup = supporter
        let header = TokenHeader(alg: TokenHeader.algorithm, typ: "JWT", kid: signing.kid)
        guard let first = encode(header), let second = encode(claims) else { return nil }
        let signed = first + "." + second
        guard let signature = try? signing.key.signature(for: Data(signed.utf8)) else { return nil }
        return New(
            id: id, token: signed + "." + Base64URL.encode(signature), expiresAt: WallTime(milliseconds: expires * 1000)
        )
    }

    /// Begins with the tenant, so that nobody needs a list of tokens to tell whose one is.
    private static func id(of tenant: TenantID, _ random: any RandomSource) -> String {
        Base64URL.encode(bytes(of: tenant) + random.bytes(TokenRules.idBytes))
    }

    /// Whether a token of that id may have been made for this tenant.
    package static func belongs(_ id: String, to tenant: TenantID) -> Bool {
        guard let bytes = Base64URL.decode(id[...].utf8), bytes.count == 8 + TokenRules.idBytes else { return false }
        return bytes.starts(with: Self.bytes(of: tenant))
    }

    private static func bytes(of tenant: TenantID) -> [UInt8] {
        withUnsafeBytes(of: tenant.rawValue.bigEndian) { Array($0) }
    }

    private static func encode(_ value: some Encodable) -> String? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { Base64URL.encode($0) }
    }

    /// Checks form, signature and times of a token; some 60 µs, on the calling thread.
    ///
    /// - Throws: `tokenInvalid`, `tokenExpired`.
    package static func verify(_ token: Substring, keys: SigningKeys, now: WallTime) throws(AccessError) -> TenantGrant
    {
        let bytes = token.utf8
        guard bytes.count <= TokenRules.maximumBytes else { throw .tokenInvalid }
        let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]), signature.count == 64,
            let header = decode(TokenHeader.self, parts[0]), header.alg == TokenHeader.algorithm, header.crit == nil
        else { throw .tokenInvalid }
        let signed = Data(bytes[bytes.startIndex..<parts[1].endIndex])
        let isGenuine = keys.candidates(kid: header.kid).contains { $0.key.isValidSignature(signature, for: signed) }
        guard isGenuine, let claims = decode(TokenClaims.self, parts[1]) else { throw .tokenInvalid }
        return try grant(claims, token: token, now: now)
    }

    private static func decode<Part: Decodable>(_ type: Part.Type, _ text: Substring.UTF8View) -> Part? {
        guard let json = Base64URL.decode(text) else { return nil }
        return try? JSONDecoder().decode(type, from: Data(json))
    }

    private static func grant(_ claims: TokenClaims, token: Substring, now: WallTime) throws(AccessError) -> TenantGrant
    {
        // Without a time of issue nobody can tell whether the key that it names was this tenant's then.
        guard let issued = claims.iat.flatMap(TokenRules.time), isReached(issued, now) else { throw .tokenInvalid }
        if let notBefore = claims.nbf {
            guard let start = TokenRules.time(seconds: notBefore), isReached(start, now) else { throw .tokenInvalid }
        }
        var expires: WallTime?
        if let seconds = claims.exp {
            // A date beyond every clock is "never"; one before 1970 is long ago.
            guard seconds >= 0 else { throw .tokenExpired }
            expires = TokenRules.time(seconds: seconds)
        }
        let name = claims.jti ?? "sha256-" + Digests.hex(Digests.sha256(Array(token.utf8)).prefix(16))
        let grant = TenantGrant(
            tenants: claims.tenants, tokenID: claims.jti, issuedAt: issued, expiresAt: expires,
            principal: .tenantToken(id: name), supporter: claims.sup)
        guard !grant.hasExpired(at: now) else { throw .tokenExpired }
        return grant
    }

    private static func isReached(_ time: WallTime, _ now: WallTime) -> Bool {
        time.milliseconds <= now.milliseconds + TokenRules.leeway
    }
}
