import Access
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
    private let random: any RandomSource
    private let sleep: Sleep

    /// Nanoseconds between two looks at what has expired.
    private static let interval: UInt64 = 2_000_000_000

    package init(
        store: CatalogStore, residents: Residents, transport: (any PeerTransport)?, time: any TimeSource,
        random: any RandomSource, sleep: @escaping Sleep
    ) {
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

    /// - Parameter seconds: until it expires.
    /// - Returns: the token, which is shown this once, and the row.
    func reserve(
        _ namespace: String, _ value: String, for key: TenantKey, seconds: Int64
    ) async throws -> (token: String, claim: ClaimRow) {
        guard let tenant = try await tenants.find(key) else { throw APIError.tenantNotFound(key.string) }
        for _ in 0..<3 {
            let expires = WallTime(milliseconds: time.wall().milliseconds + seconds * 1000)
            let (text, token) = ClaimToken.make(until: expires, random: random)
            let outcome = try await rows.reserve(
                namespace, value, for: tenant.id, token: token.digest, until: expires, at: time.wall())
            switch outcome {
            case .reserved(let claim) where claim.token == token.digest: return (text, claim)
            case .reserved(let claim):
                // An earlier copy of this very request was cut off before anybody had its token.
                _ = try await settler.release(claim, as: "claim.expire")
            case .taken(let claim):
                // One whose time is over is settled here and now, as its sweeper would a little later.
                guard let isFree = try? await settler.settle(claim), isFree else { throw Self.taken }
            case .noTenant: throw APIError(.tenantDeleted, "tenant \(key) is deleted, or not ready yet")
            case .tooMany: throw APIError(.tooManyClaims, "a tenant has at most \(ClaimRows.most) claims")
            }
        }
        throw Self.taken
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
