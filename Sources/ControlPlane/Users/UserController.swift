import Access
import Accounts
import Catalog
import Contract
import HTTPTypes
import Hummingbird
import Seams
import Vocabulary

/// `/v1/users`: create, list, show, change, delete, their memberships and sessions, and all that is held about one.
struct UserController: Sendable {
    let service: UserService
    let audit: AuditRows

    func register(on group: RouterGroup<ControlContext>) {
        group.on(UserOperations.create, do: create)
        group.on(UserOperations.list, do: list)
        group.on(UserOperations.show, do: show)
        group.on(UserOperations.patch, do: patch)
        group.on(UserOperations.delete, do: delete)
        group.on(UserOperations.putMembership, do: putMembership)
        group.on(UserOperations.deleteMembership, do: deleteMembership)
        group.on(UserOperations.listSessions, do: listSessions)
        group.on(UserOperations.endSessions, do: endSessions)
        group.on(UserOperations.export, do: export)
    }

    @Sendable func create(_ request: Request, _ context: ControlContext) async throws -> Response {
        let isRehearsal = try ListQuery(request, for: UserOperations.create).flag("dry-run")
        let body = try await JSONText.decode(UserBody.self, from: request)
        guard let row = try await service.create(body, isRehearsal: isRehearsal) else {
            return Response(status: .noContent)
        }
        return try JSONText.response(
            .created, try await service.object(row), headers: [.location: "/v1/users/\(row.id)"])
    }

    @Sendable func list(_ request: Request, _ context: ControlContext) async throws -> Response {
        let query = try ListQuery(request, for: UserOperations.list)
        let limit = try query.limit()
        if let email = query["email"] {
            let row = try await service.rows.find(normal: try UserText.email(email).normal)
            var items: [UserObject] = []
            if let row { items.append(try await service.object(row)) }
            return try JSONText.response(.ok, PageObject(items: items, next: nil))
        }
        var tenant: TenantID?
        if let key = query["tenant"] {
            guard let row = try await service.tenants.find(try TenantController.key(key)) else {
                throw APIError.tenantNotFound(key)
            }
            tenant = row.id
        }
        let rows = try await service.rows.list(
            state: try query["state"].map { try UserText.state($0) }, tenant: tenant,
            after: try query["cursor"].map { try Self.cursor($0) }, limit: limit)
        let next = rows.count == limit ? rows.last?.id.description : nil
        return try JSONText.response(.ok, PageObject(items: rows.map { UserObject($0, nil) }, next: next))
    }

    private static func cursor(_ text: String) throws(APIError) -> UserID {
        guard let id = UserID(hex: text) else { throw APIError.badRequest("cursor is the \"next\" of the page before") }
        return id
    }

    @Sendable func show(_ request: Request, _ context: ControlContext) async throws -> Response {
        try JSONText.response(.ok, try await service.object(try await service.find(try id(context))))
    }

    @Sendable func patch(_ request: Request, _ context: ControlContext) async throws -> Response {
        let isRehearsal = try ListQuery(request, for: UserOperations.patch).flag("dry-run")
        let body = try await JSONText.decode(UserPatchBody.self, from: request)
        let row = try await service.change(try id(context), body, isRehearsal: isRehearsal)
        return try JSONText.response(.ok, try await service.object(row))
    }

    @Sendable func delete(_ request: Request, _ context: ControlContext) async throws -> Response {
        if try ListQuery(request, for: UserOperations.delete).flag("dry-run") {
            _ = try await service.find(try id(context))
        } else {
            try await service.delete(try id(context))
        }
        return Response(status: .noContent)
    }

    // MARK: Memberships

    @Sendable func putMembership(_ request: Request, _ context: ControlContext) async throws -> Response {
        let isRehearsal = try ListQuery(request, for: UserOperations.putMembership).flag("dry-run")
        let role = try UserText.role(try await JSONText.decode(MembershipBody.self, from: request).role)
        let key = try key(context)
        try await service.put(try id(context), key, role, isRehearsal: isRehearsal)
        return try JSONText.response(.ok, UserObject.Member(tenant: key.string, role: role.rawValue))
    }

    @Sendable func deleteMembership(_ request: Request, _ context: ControlContext) async throws -> Response {
        if try ListQuery(request, for: UserOperations.deleteMembership).flag("dry-run") {
            _ = try await service.find(try id(context))
        } else {
            try await service.remove(try id(context), try key(context))
        }
        return Response(status: .noContent)
    }

    // MARK: Sessions

    @Sendable func listSessions(_ request: Request, _ context: ControlContext) async throws -> Response {
        let query = try ListQuery(request, for: UserOperations.listSessions)
        let limit = try query.limit()
        let user = try await service.find(try id(context))
        let rows = try await service.sessions.list(
            of: user.id, after: try query["cursor"].map { try Self.sessionCursor($0) }, limit: limit)
        let next = rows.count == limit ? rows.last.map { "\($0.created.milliseconds)-\($0.publicID)" } : nil
        let keys = try await keys(of: user.id)
        let now = service.time.wall()
        let items = rows.map { row in SessionObject(row, tenant: row.tenant.flatMap { keys[$0] }, at: now) }
        return try JSONText.response(.ok, PageObject(items: items, next: next))
    }

    private func keys(of user: UserID) async throws -> [TenantID: TenantKey] {
        Dictionary(
            try await service.memberships.list(of: user).map { ($0.tenant, $0.key) }, uniquingKeysWith: { $1 })
    }

    private static func sessionCursor(_ text: String) throws(APIError) -> (created: WallTime, id: UInt64) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let milliseconds = Int64(parts[0]), let id = TenantID(hex: parts[1]) else {
            throw APIError.badRequest("cursor is the \"next\" of the page before")
        }
        return (WallTime(milliseconds: milliseconds), id.rawValue)
    }

    private struct Ended: Encodable {
        let ended: Int
    }

    @Sendable func endSessions(_ request: Request, _ context: ControlContext) async throws -> Response {
        let user = try id(context)
        guard try ListQuery(request, for: UserOperations.endSessions).flag("dry-run") else {
            return try JSONText.response(.ok, Ended(ended: try await service.revokeAll(of: user)))
        }
        _ = try await service.find(user)
        let now = service.time.wall()
        let live = try await service.sessions.list(of: user, limit: 1000).count { $0.isLive(at: now) }
        return try JSONText.response(.ok, Ended(ended: live))
    }

    // MARK: Export

    @Sendable func export(_ request: Request, _ context: ControlContext) async throws -> Response {
        let user = try await service.find(try id(context))
        let export = try await UserExport.gather(user, service, audit)
        return try JSONText.response(.ok, export)
    }

    // MARK: Paths

    private func id(_ context: ControlContext) throws -> UserID {
        try UserText.user(try context.parameters.require("id"))
    }

    private func key(_ context: ControlContext) throws -> TenantKey {
        guard let plain = PercentText.unescape(try context.parameters.require("key")) else {
            throw APIError(.keyInvalid, "a percent sign is followed by two hexadecimal digits, and the key is UTF-8")
        }
        return try TenantController.key(plain)
    }
}
