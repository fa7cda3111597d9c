import Catalog
import ControlPlane
import DataPlane
import Residents
import Tenants
import Vocabulary

/// Makes a tenant for the data plane as the control plane makes one, and says what goes wrong in the data plane's words.
struct TenantMaker: Sendable {
    private let service: TenantService

    init(_ service: TenantService) { self.service = service }

    /// What it was made for has come to nothing. Best effort: else it stays, empty.
    func takeBack(_ id: TenantID) async {
        try? await AuditAuthor.$current.withValue(AuditAuthor(actor: "upload")) { try await service.takeBack(id) }
    }

    /// - Returns: false where somebody else has just made it.
    func make(_ key: TenantKey, for author: RequestAuthor) async throws(TransportError) -> Bool {
        do {
            let schema = try service.schema(of: key, named: nil)
            try await AuditAuthor.$current.withValue(AuditAuthor(author)) {
                _ = try await service.create(NewTenant(key: key, schema: schema, occasion: "upload"))
            }
            return true
        } catch {
            let said = ErrorTable.api(any: error)
            if said.code == "tenant_exists" { return false }
            throw TransportError(
                said.statusCode, said.code.uppercased(), said.message, retryAfterSeconds: said.retryAfter)
        }
    }
}

extension AuditAuthor {
    init(_ author: RequestAuthor) {
        self.init(actor: author.actor, origin: author.address, request: author.request)
    }
}
