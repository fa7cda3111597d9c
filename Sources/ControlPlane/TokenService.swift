package import Access
package import Catalog
import Contract
import HTTPTypes
package import Seams
import Vocabulary

/// Mints and revokes tenants' tokens. Keys and revocations live in the catalog; every node's verifier follows it.
package struct TokenService: Sendable {
    private let keys: SigningKeyRows
    private let revoked: RevokedTokenRows
    private let verifier: TokenVerifier
    private let time: any TimeSource
    private let random: any RandomSource

    package init(store: CatalogStore, verifier: TokenVerifier, time: any TimeSource, random: any RandomSource) {
        keys = SigningKeyRows(store)
        revoked = RevokedTokenRows(store)
        self.verifier = verifier
        self.time = time
        self.random = random
    }

    func make(for row: TenantRow, level: AccessLevel, seconds: Int64) async throws -> TenantTokens.New {
        guard
            let new = TenantTokens.make(
                for: row.id, key: row.key, level: level, seconds: seconds, keys: verifier.keys, now: time.wall(),
                random: random)
        else {
            throw APIError(
                .catalogUnavailable, "the signing keys are not loaded yet", retryAfter: 1)
        }
        return new
    }

    /// Refused at once on this node, elsewhere within the pollers' interval.
    func revoke(_ id: String, of row: TenantRow) async throws {
        // Longer than any token lives, since the catalog does not know when this one ends.
        let until = WallTime(milliseconds: time.wall().milliseconds + 315_360_000_000)
        _ = try await revoked.revoke(id, of: row.id, until: until, at: time.wall())
        verifier.revoke(id: id)
    }

    /// Makes the first signing key where there is none, and loads what the catalog has into the verifier.
    package func load() async throws {
        if try await keys.list().isEmpty { _ = try await keys.add(newKey(), onlyFirst: true) }
        try await refresh()
    }

    /// Brings the verifier up to date.
    package func refresh() async throws {
        var known = SigningKeys()
        for row in try await keys.list() {
            if row.retired == nil {
                try known.addSigning(String(decoding: row.privateKey, as: UTF8.self), kid: row.kid)
            } else {
                try known.addVerifying(String(decoding: row.publicKey, as: UTF8.self), kid: row.kid)
            }
        }
        verifier.replace(keys: known, revoked: Set(try await allRevoked()))
    }

    private func allRevoked() async throws -> [String] {
        var ids: [String] = []
        var last = ""
        while true {
            let page = try await revoked.list(after: last)
            ids += page.map(\.jti)
            guard page.count >= 1000, let end = page.last else { return ids }
            last = end.jti
        }
    }

    private func newKey() throws -> SigningKeyRow {
        let text = SigningKeys.privateKeyText(seed: random.bytes(32))
        let publicText = try SigningKeys.publicKeyText(ofPrivate: text)
        return SigningKeyRow(
            kid: String(publicText.prefix(16)), publicKey: Array(publicText.utf8), privateKey: Array(text.utf8),
            created: time.wall())
    }
}
