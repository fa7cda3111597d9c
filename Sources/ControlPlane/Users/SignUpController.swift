import Access
import Accounts
import Catalog
import Contract
import HTTPTypes
import Hummingbird
import Seams
import Vocabulary

/// `/v1/signups`.
struct SignUpController: Sendable {
    let service: SignUpService

    func register(on group: RouterGroup<ControlContext>) {
        group.on(SignUpOperations.create, keepsKey: true, do: create)
    }

    private struct SignUpObject: Encodable {
        let user: UserObject
        let tenant: TenantObject
        let session: SessionObject
    }

    @Sendable func create(_ request: Request, _ context: ControlContext) async throws -> Response {
        if context.credential != nil { try context.require(.admin) }
        let body = try await JSONText.decode(SignUpBody.self, from: request)
        let key = try TenantController.key(body.tenant.key)
        let wanted = SignUpService.Wanted(
            email: try UserText.email(body.email), password: body.password, key: key, schema: body.tenant.schema,
            device: try UserText.device(body.device), origin: context.origin,
            limitsAddress: context.isForSomebodyElse, isAnonymous: context.credential == nil,
            repeatKey: try Self.repeatKey(request), caller: context.credential?.principal.description ?? "")
        let done = try await service.run(wanted)
        return try JSONText.response(
            .created,
            SignUpObject(
                user: done.user, tenant: TenantObject(done.tenant),
                session: SessionObject(
                    done.session, tenant: nil, at: service.users.time.wall(), token: done.token)))
    }

    private static func repeatKey(_ request: Request) throws(APIError) -> String? {
        let values = request.headers[values: .init("Idempotency-Key")!]
        guard let value = values.first else { return nil }
        guard values.count == 1, (1...128).contains(value.utf8.count) else {
            throw APIError.badRequest("Idempotency-Key comes once and has 1 to 128 bytes")
        }
        return value
    }
}
