package import Access
package import Catalog
import Contract
import HTTPTypes
package import Seams
import Synchronization
import Vocabulary

/// Mints and revokes tenants' tokens. Keys and revocations live in the catalog; every node's verifier follows it.
package final class TokenService: Sendable {
    private let keys: SigningKeyRows
    private let revoked: RevokedTokenRows
    private let audit: AuditRows
    private let verifier: TokenVerifier
    let time: any TimeSource
    private let random: any RandomSource
    private let settling: Mutex<KeySettling>
    /// Nanoseconds in which every node that serves hears of a key.
    private let settle: UInt64
    /// Seconds that a support token lives at most.
    package let longestSupport: Int64
    /// Revocations may have come that are not known here.
    private let isStale = Atomic<Bool>(true)
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    /// Milliseconds by which clocks of nodes may differ.
    private static let skew: Int64 = 30_000

    /// - Parameter settle: nanoseconds; 0 where the node stands alone.
    package init(
        store: CatalogStore, verifier: TokenVerifier, time: any TimeSource, random: any RandomSource,
        settle: UInt64 = 0,
        longestSupport: Int64 = 8 * 3600
    ) {
        keys = SigningKeyRows(store)
        revoked = RevokedTokenRows(store)
        audit = AuditRows(store)
        self.verifier = verifier
        self.time = time
        self.random = random
        self.settle = settle
        self.longestSupport = longestSupport
        settling = Mutex(KeySettling(wait: settle))
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: Tokens

    /// Makes a token, and writes down who made it before anybody has it.
    ///
    /// - Parameter reason: of a support token.
    func make(
        for row: TenantRow, level: AccessLevel, seconds: Int64, reason: String? = nil
    ) async throws -> TenantTokens.New {
        let supporter = reason == nil ? nil : AuditAuthor.current?.actor ?? "system"
        let action = reason == nil ? "token.create" : "support.grant"
        // A repetition makes the same token, with the end that was written down.
        let earlier = try await audit.recorded(action, row.key.string, at: time.wall())
        guard
            let new = TenantTokens.make(
                for: row.id, key: row.key, level: level, seconds: seconds, supporter: supporter, keys: verifier.keys,
                now: earlier ?? time.wall(), random: OnceScope.current ?? random)
        else {
            throw APIError(
                .catalogUnavailable, "the signing keys are not loaded yet", retryAfter: 1)
        }
        guard earlier == nil else { return new }
        var facts = ["token": new.id, "access": level.name, "expiresAt": TimeText.rfc3339(new.expiresAt)]
        facts["reason"] = reason
        try await audit.record(
            AuditNote(action, row.key.string, tenant: row.id, detail: facts), at: time.wall())
        return new
    }

    /// Refused at once on this node, elsewhere within the pollers' interval.
    func revoke(_ id: String, of row: TenantRow) async throws {
        // Longer than any token lives, since the catalog does not know when this one ends.
        let until = WallTime(milliseconds: time.wall().milliseconds + 315_360_000_000)
        _ = try await revoked.revoke(id, of: row.id, until: until, at: time.wall())
        verifier.revoke(id: id)
    }

    // MARK: Keys

    func signingKeys() async throws -> [KeyObject] {
        let rows = try await keys.list()
        let signer = rows.first { $0.kid == verifier.keys.signingID }
        return rows.map { KeyObject($0, signer: signer) }
    }

    /// Makes a key that signs when every node knows it.
    func addKey() async throws -> KeyObject {
        guard case .added(let kid) = try await keys.add(try newKey()) else {
            throw APIError(
                .tooManyKeys, "there are \(SigningKeyRows.most) keys; remove one whose tokens have all expired")
        }
        try await refresh()
        guard let made = try await signingKeys().first(where: { $0.kid == kid }) else {
            throw KeyController.notFound
        }
        return made
    }

    func retireKey(_ kid: String) async throws {
        try Self.check(try await keys.retire(kid, ifAnotherBefore: settledSince, at: time.wall()))
        try await refresh()
    }

    func removeKey(_ kid: String, force: Bool) async throws {
        let before = force ? WallTime(milliseconds: .max) : settledSince
        try Self.check(try await keys.remove(kid, ifAnotherBefore: before, at: time.wall()))
        try await refresh()
    }

    /// Keys that were made before this are known to every node, whatever its clock says.
    private var settledSince: WallTime {
        let wait = settle == 0 ? 0 : Int64(settle / 1_000_000) + Self.skew
        return WallTime(milliseconds: time.wall().milliseconds - wait)
    }

    private static func check(_ outcome: SigningKeyRows.EndOutcome) throws(APIError) {
        switch outcome {
        case .done: return
        case .notFound: throw KeyController.notFound
        case .lastOne:
            throw APIError(
                .keyInUse, "no other key is known to all nodes to sign instead; make one, and wait until it signs")
        }
    }

    /// Makes the first signing key where there is none, and loads what the catalog has into the verifier.
    package func load() async throws {
        if try await keys.list().isEmpty { _ = try await keys.add(newKey(), onlyFirst: true) }
        try await refresh()
    }

    /// The change log tells of revocations: they are read as soon as may be.
    package func revocationsChanged() {
        isStale.store(true, ordering: .releasing)
        ring.yield()
    }

    /// Follows what the change log tells, until the task is cancelled.
    package func follow() async {
        for await _ in bell { try? await refresh() }
    }

    /// Attempts where others change the verifier at the same time.
    private static let attempts = 5

    /// Brings the verifier up to date.
    ///
    /// - Parameter isWhole: also reads all revocations, whether or not any have come.
    package func refresh(isWhole: Bool = false) async throws {
        for _ in 0..<Self.attempts {
            let version = verifier.version
            let readsRevoked = isStale.exchange(false, ordering: .acquiring) || isWhole
            do {
                let known = try await readKeys()
                let revoked = readsRevoked ? Set(try await allRevoked()) : nil
                if verifier.replace(keys: known, revoked: revoked, since: version) { return }
            } catch {
                if readsRevoked { isStale.store(true, ordering: .releasing) }
                throw error
            }
            if readsRevoked { isStale.store(true, ordering: .releasing) }
        }
    }

    private func readKeys() async throws -> SigningKeys {
        let rows = try await keys.list()
        let (now, wall) = (time.monotonic(), time.wall())
        let signer = settling.withLock { $0.signer(among: rows, now: now, wall: wall) }
        var known = SigningKeys()
        for row in rows {
            if row.kid == signer {
                try known.addSigning(String(decoding: row.privateKey, as: UTF8.self), kid: row.kid)
            } else {
                try known.addVerifying(String(decoding: row.publicKey, as: UTF8.self), kid: row.kid)
            }
        }
        return known
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
