import Access
import Accounts
import Catalog
import Contract
import HTTPTypes
import Hummingbird
import Seams
import Vocabulary

/// `/v1/sessions`: begin one, look at one's own, end one.
struct SessionController: Sendable {
    let service: UserService
    let signIn: SignIn

    func register(on group: RouterGroup<ControlContext>) {
        group.on(SessionOperations.create, do: create)
        group.on(SessionOperations.own, do: own)
        group.on(SessionOperations.endOwn, do: endOwn)
        group.on(SessionOperations.show, do: show)
        group.on(SessionOperations.end, do: end)
    }

    @Sendable func create(_ request: Request, _ context: ControlContext) async throws -> Response {
        let body = try await JSONText.decode(SessionBody.self, from: request)
        let begun: SignIn.Begun
        let terms = try terms(body, context)
        switch (body.email, body.password, body.user) {
        case (let email?, let password?, nil):
            // Without a credential it is here only where everybody may sign in.
            if context.credential != nil { try context.require(.admin) }
            begun = try await signIn.begin(
                email: email, password: password, terms, limitsAddress: context.isForSomebodyElse)
        case (nil, nil, let user?):
            try context.require(.admin)
            let id = try UserText.user(user)
            guard let made = try await signIn.begin(id, terms) else { throw try await refusal(id) }
            begun = made
        default: throw APIError.badRequest("a session is begun with email and password, or for a user")
        }
        return try JSONText.response(
            .created, try await object(begun.session, token: begun.token),
            headers: [.location: "/v1/sessions/\(begun.session.publicID)"])
    }

    private func refusal(_ user: UserID) async throws -> APIError {
        _ = try await service.find(user)
        return APIError(.forbidden, "the user is disabled")
    }

    private func terms(_ body: SessionBody, _ context: ControlContext) throws -> SignIn.Terms {
        var terms = SignIn.Terms()
        terms.tenant = try body.tenant.map { try TenantController.key($0) }
        terms.role = try body.role.map { try UserText.role($0) }
        terms.device = try UserText.device(body.device)
        terms.lifetime = try UserText.span(body.expiresIn)
        terms.isSliding = body.sliding ?? true
        terms.origin = context.origin
        return terms
    }

    private func object(_ row: SessionRow, token: String? = nil) async throws -> SessionObject {
        var key: TenantKey?
        if let tenant = row.tenant { key = try await service.tenants.find(tenant)?.key }
        return SessionObject(row, tenant: key, at: service.time.wall(), token: token)
    }

    @Sendable func show(_ request: Request, _ context: ControlContext) async throws -> Response {
        guard let row = try await service.sessions.find(try id(context)) else { throw UserText.noSession }
        return try JSONText.response(.ok, try await object(row))
    }

    @Sendable func end(_ request: Request, _ context: ControlContext) async throws -> Response {
        if try ListQuery(request, for: SessionOperations.end).flag("dry-run") {
            guard try await service.sessions.find(try id(context)) != nil else { throw UserText.noSession }
        } else {
            try await service.revoke(try id(context))
        }
        return Response(status: .noContent)
    }

    @Sendable func own(_ request: Request, _ context: ControlContext) async throws -> Response {
        guard let row = try await service.sessions.find(try context.session().id) else { throw UserText.noSession }
        return try JSONText.response(.ok, try await object(row))
    }

    @Sendable func endOwn(_ request: Request, _ context: ControlContext) async throws -> Response {
        try await service.revoke(try context.session().id)
        return Response(status: .noContent)
    }

    private func id(_ context: ControlContext) throws -> UInt64 {
        guard let id = TenantID(hex: try context.parameters.require("id")) else { throw UserText.noSession }
        return id.rawValue
    }
}

extension ControlContext {
    /// - Throws: `forbidden` where the caller is no session.
    func session() throws(APIError) -> SessionGrant {
        guard let session = credential?.session else {
            throw APIError(.forbidden, "this is for a session's own token")
        }
        return session
    }

    /// Whether failures count against where the caller is. An application's own address stands for all of its users, unless a
    /// trusted proxy says where they are.
    var isForSomebodyElse: Bool { credential == nil || origin != (remoteAddress?.ipAddress ?? "local") }
}
