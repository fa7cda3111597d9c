package import Access
package import Catalog
import Contract
package import Residents
package import Seams
import Vocabulary

/// Claims, whichever node is asked: the catalog's rows, and what their tenants know of the tokens.
package struct ClaimService: Sendable {
    let rows: ClaimRows
    private let tenants: TenantRows
    private let settler: ClaimSettler
    let keeper: OwnerClaims
    private let node: NodeID
    private let time: any TimeSource
    private let seal: ClaimSeal
    private let random: any RandomSource
    private let sleep: Sleep

    /// Nanoseconds between two looks at what has expired.
    private static let interval: UInt64 = 2_000_000_000

    package init(
        store: CatalogStore, residents: Residents, transport: (any PeerTransport)?, seal: ClaimSeal,
        time: any TimeSource, random: any RandomSource, sleep: @escaping Sleep
    ) {
        self.seal = seal
        rows = ClaimRows(store)
        tenants = TenantRows(store)
        keeper = OwnerClaims(store: store, residents: residents, transport: transport, time: time)
        settler = ClaimSettler(store: store, keeper: keeper, time: time)
        node = residents.node
        self.time = time
        self.random = random
        self.sleep = sleep
    }

    /// Settles what expires of this node's tenants, until the task is cancelled.
    package func run() async {
        while (try? await sleep(Self.interval)) != nil { _ = try? await settler.sweep(ownedBy: node) }
    }

    // MARK: Reserve

    /// Reservations that one request makes at most: others may have ended the first ones.
    private static let attempts = 3

    /// - Parameter seconds: until it expires.
    /// - Returns: the token, which is shown this once, and the row.
    func reserve(
        _ namespace: String, _ value: String, for key: TenantKey, seconds: Int64
    ) async throws -> (token: String, claim: ClaimRow) {
        guard let tenant = try await tenants.find(key) else { throw APIError.tenantNotFound(key.string) }
        // Of a request that is done once all at the beginning, so that its repetitions have the same.
        let source: any RandomSource = OnceScope.current ?? random
        let salts = (0..<Self.attempts).map { _ in source.bytes(16) }
        for salt in salts {
            let expires = WallTime(milliseconds: time.wall().milliseconds + seconds * 1000)
            let made = seal.make(namespace, value, for: tenant.id, until: expires, salt: salt)
            let outcome = try await rows.reserve(
                namespace, value, for: tenant.id, token: made.token.digest, until: expires, at: time.wall())
            switch outcome {
            case .reserved(let claim) where claim.token == made.token.digest: return (made.text, claim)
            case .reserved(let claim): if let text = try await again(claim, salt) { return (text, claim) }
            case .taken(let claim): guard try await isFreed(claim) else { throw Self.taken }
            case .noTenant: throw APIError(.tenantDeleted, "tenant \(key) is deleted, or not ready yet")
            case .tooMany: throw APIError(.tooManyClaims, "a tenant has at most \(ClaimRows.most) claims")
            }
        }
        // What was reserved has gone each time.
        OnceScope.current?.takeBack()
        throw APIError(.busy, "the value is reserved and freed too often; try again", retryAfter: 1)
    }

    /// The token of an earlier run of this request, which may have been answered: the same again.
    ///
    /// - Returns: nil where the reservation has gone since.
    private func again(_ claim: ClaimRow, _ salt: [UInt8]) async throws -> String? {
        guard let now = try await rows.find(claim.namespace, claim.value), now.token == claim.token else { return nil }
        if try await isFreed(now) { return nil }
        guard let expires = claim.expires else { return nil }
        let made = seal.make(claim.namespace, claim.value, for: claim.tenant, until: expires, salt: salt)
        guard made.token.digest == claim.token else { throw Self.taken }
        return made.text
    }

    /// One whose time is over is settled here and now, as its sweeper would a little later.
    private func isFreed(_ claim: ClaimRow) async throws -> Bool {
        (try? await settler.settle(claim)) ?? false
    }

    static let taken = APIError(.claimTaken, "the value is taken, or reserved by somebody else for a while")

    // MARK: Confirm, release

    func confirm(_ namespace: String, _ value: String, _ token: ClaimToken) async throws -> ClaimRow {
        let claim = try await find(namespace, value, token)
        switch try await settler.confirm(claim) {
        case .confirmed(let row): return row
        case .expired: throw Self.expired
        case .notWritten:
            throw APIError(
                .claimNotWritten, "no write of the tenant has carried the token in Rowhouse-Claim; write first")
        }
    }

    func release(_ namespace: String, _ value: String, _ token: ClaimToken) async throws {
        guard try await settler.release(try await find(namespace, value, token)) else { throw Self.expired }
    }

    private static let expired = APIError(.claimExpired, "the reservation has expired, or was released; reserve anew")

    private func find(_ namespace: String, _ value: String, _ token: ClaimToken) async throws -> ClaimRow {
        guard let claim = try await rows.find(namespace, value) else { throw Self.expired }
        guard claim.token == token.digest else { throw Self.taken }
        return claim
    }

    // MARK: Looking

    /// The claims' tenants by their keys; by the id where there is no key any more.
    func objects(_ claims: [ClaimRow]) async throws -> [ClaimObject] {
        var names: [TenantID: String] = [:]
        for claim in claims where names[claim.tenant] == nil {
            names[claim.tenant] = try await tenants.find(claim.tenant)?.key.string ?? claim.tenant.description
        }
        return claims.map { ClaimObject($0, tenant: names[$0.tenant] ?? "", token: nil) }
    }

    func tenant(_ key: TenantKey) async throws -> TenantID {
        guard let row = try await tenants.find(key) else { throw APIError.tenantNotFound(key.string) }
        return row.id
    }
}
