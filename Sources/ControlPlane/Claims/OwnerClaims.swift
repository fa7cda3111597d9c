package import Catalog
import Cluster
import HTTPTypes
package import Residents
import Routing
package import Seams
import Tenants
package import Vocabulary

/// A tenant's tokens, on the node that owns it: on this one, or one call away.
package struct OwnerClaims: ClaimKeeper {
    enum Verb: String, CaseIterable {
        case settle
        case look
        case refuse
    }

    enum Mark: String {
        case held
        case refused
        case absent
    }

    /// Nanoseconds that a tenant may take.
    private static let patience: UInt64 = 10_000_000_000

    private let tenants: TenantRows
    private let nodes: NodeRows
    private let residents: Residents
    private let transport: (any PeerTransport)?
    private let time: any TimeSource

    /// - Parameter transport: nil where the node stands alone.
    package init(store: CatalogStore, residents: Residents, transport: (any PeerTransport)?, time: any TimeSource) {
        tenants = TenantRows(store)
        nodes = NodeRows(store)
        self.residents = residents
        self.transport = transport
        self.time = time
    }

    package func settle(_ token: [UInt8], of tenant: TenantID) async throws -> Bool {
        try await ask(.settle, token, tenant) == .held
    }

    package func isHeld(_ token: [UInt8], by tenant: TenantID) async throws -> Bool? {
        switch try await ask(.look, token, tenant) {
        case .held: true
        case .absent: false
        case .refused: nil
        }
    }

    package func refuse(_ token: [UInt8], of tenant: TenantID) async throws {
        _ = try await ask(.refuse, token, tenant)
    }

    private func ask(_ verb: Verb, _ token: [UInt8], _ tenant: TenantID) async throws -> Mark {
        guard let row = try await tenants.find(tenant) else { throw ResidentsError.notFound }
        guard row.placement.owner != residents.node else { return try await here(verb, token, tenant) }
        guard let transport, let owner = try await nodes.find(row.placement.owner), owner.state != .fenced,
            !owner.address.isEmpty
        else { throw PeerFailure.unreachable("node \(row.placement.owner) has no address now") }
        let path = InternalPaths.claims(tenant.description, verb.rawValue)
        let answer = try await transport.post(
            owner.address, path: InternalAuthor.handing(on: path), body: token, timeout: .seconds(15))
        guard let mark = Mark(rawValue: String(decoding: answer.body, as: UTF8.self)) else {
            throw PeerFailure.outcomeUnknown("the answer cannot be read")
        }
        return mark
    }

    /// On this node, as the tenant's owner by a row that is read now.
    ///
    /// - Throws: `ResidentsError.elsewhere` where it is another's.
    func here(_ verb: Verb, _ token: [UInt8], _ tenant: TenantID) async throws -> Mark {
        let row = try await residents.takeUp(tenant)
        guard row.placement.owner == residents.node else {
            throw ResidentsError.elsewhere(NotOwner(owner: row.placement.owner, epoch: row.placement.epoch))
        }
        let deadline = time.monotonic().advanced(byNanoseconds: Self.patience)
        return try await residents.engine.claims(of: tenant, until: deadline) { table throws(SQLFailure) in
            switch verb {
            case .settle: return try table.settle(token) == .held ? .held : .refused
            case .refuse:
                try table.refuse(token)
                return .refused
            case .look:
                switch try table.look(token) {
                case .held?: return .held
                case .refused?: return .refused
                case nil: return .absent
                }
            }
        }
    }
}

extension InternalPaths {
    static func claims(_ tenant: String, _ verb: String) -> String { "/.rowhouse/tenants/\(tenant)/claims/\(verb)" }
}
