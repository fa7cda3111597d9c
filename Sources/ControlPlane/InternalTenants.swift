import Catalog
import Cluster
import Contract
import HTTPTypes
import Hummingbird
import NIOCore
import Residents
import Routing
import Vocabulary

/// What an owner does for the node that an operator has asked. Safe to repeat.
struct InternalTenants: Sendable {
    let rows: TenantRows
    let residents: Residents
    let claims: OwnerClaims

    func register(on group: RouterGroup<ControlContext>) {
        group.post(":id/finish-creating", use: finishCreating)
        group.post(":id/purge", use: purge)
        group.post(":id/claims/:verb", use: claims)
    }

    @Sendable private func claims(_ request: Request, _ context: ControlContext) async throws -> Response {
        let token = Array(try await request.body.collect(upTo: 1024).readableBytesView)
        guard token.count == 32, let verb = context.parameters.get("verb").flatMap(OwnerClaims.Verb.init) else {
            throw APIError.badRequest("the claim's token cannot be read")
        }
        do {
            let mark = try await claims.here(verb, token, try id(context))
            return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: mark.rawValue)))
        } catch ResidentsError.elsewhere(let refusal) {
            return Self.notOwner(refusal)
        }
    }

    @Sendable func finishCreating(_ request: Request, _ context: ControlContext) async throws -> Response {
        let id = try id(context)
        do throws(ResidentsError) {
            // A sign-up's tenant has its file from now on, and stays as it is until it is confirmed.
            if let row = try await creating(id) {
                if try await residents.finishCreating(row).state == .creating { return Response(status: .noContent) }
            }
            _ = try await residents.takeUp(id)
        } catch .elsewhere(let refusal) {
            return Self.notOwner(refusal)
        }
        return Response(status: .noContent)
    }

    private func creating(_ id: TenantID) async throws(ResidentsError) -> TenantRow? {
        let row: TenantRow?
        do throws(CatalogError) { row = try await rows.find(id) } catch { throw .catalog(error) }
        guard let row, row.state == .creating, row.placement.owner == residents.node else { return nil }
        return row
    }

    @Sendable func purge(_ request: Request, _ context: ControlContext) async throws -> Response {
        let id = try id(context)
        guard let row = try await rows.find(id) else {
            // It has been purged already, or was never ready and is nobody's any more.
            _ = try await residents.discard(id)
            return Response(status: .noContent)
        }
        guard row.placement.owner == residents.node else {
            return Self.notOwner(NotOwner(owner: row.placement.owner, epoch: row.placement.epoch))
        }
        switch try await residents.purge(row) {
        case .purged: return Response(status: .noContent)
        case .notDeleted: throw Self.undeleted
        case .moving:
            throw APIError(.moveInProgress, "it is being moved; cancel the move or wait for it")
        }
    }

    private static let undeleted = APIError(.versionConflict, "it was undeleted meanwhile")

    private func id(_ context: ControlContext) throws(ResidentsError) -> TenantID {
        guard let text = context.parameters.get("id"), let id = TenantID(hex: text), !id.isReserved else {
            throw .notFound
        }
        return id
    }

    private static func notOwner(_ refusal: NotOwner) -> Response {
        Response(
            status: .misdirectedRequest, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: NotOwnerBody.encode(refusal))))
    }
}
