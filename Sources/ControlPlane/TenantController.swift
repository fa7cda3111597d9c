import Access
import Catalog
import HTTPTypes
import Hummingbird
import Vocabulary

/// `/v1/tenants`: create, list, show, change, delete, bring back, and their tokens.
struct TenantController: Sendable {
    let service: TenantService
    let tokens: TokenService

    func register(on group: RouterGroup<ControlContext>) {
        group.post(use: create)
        group.get(use: list)
        group.get(":key", use: show)
        group.patch(":key", use: patch)
        group.delete(":key", use: delete)
        group.post(":key/undelete", use: undelete)
        group.post(":key/tokens", use: createToken)
        group.delete(":key/tokens/:id", use: revokeToken)
    }

    // MARK: Create, list, show

    private struct CreateBody: Decodable {
        let key: String
        let schema: String?
        let labels: [String: String]?
        let quotas: [String: Int64]?
        let durability: String?
    }

    @Sendable func create(_ request: Request, _ context: ControlContext) async throws -> Response {
        try context.require(.admin)
        let body = try await JSONText.decode(CreateBody.self, from: request)
        if let durability = body.durability, durability != "local" {
            throw APIError(
                .badRequest, "durability_unavailable", "durability \"\(durability)\" is not built yet; use \"local\"")
        }
        let key = try Self.key(body.key)
        let new = NewTenant(
            key: key, schema: try service.schema(of: key, named: body.schema), labels: body.labels ?? [:],
            quotas: body.quotas ?? [:])
        let row = try await service.create(new)
        let location = "/v1/tenants/\(Self.escaped(row.key.string))"
        return try JSONText.response(.created, TenantObject(row), headers: [.location: location])
    }

    @Sendable func list(_ request: Request, _ context: ControlContext) async throws -> Response {
        try context.require(.read)
        let query = try ListQuery(request)
        let limit = try query.limit()
        let after = try query["cursor"].map(Self.cursor)
        let rows = try await service.rows.list(prefix: query["prefix"] ?? "", after: after, limit: limit)
        let label = query["label"]
        let shown = rows.filter { Self.carries($0, label) }
        let next = rows.count == limit ? rows.last.map { Base64URL.encode($0.key.string.utf8) } : nil
        return try JSONText.response(.ok, PageObject(items: shown.map(TenantObject.init), next: next))
    }

    /// The key after which a page begins; in a form that nothing on its way encodes once more.
    private static func cursor(_ text: String) throws(APIError) -> TenantKey {
        let bytes = Base64URL.decode(text[...].utf8)
        guard let plain = bytes.flatMap({ String(validating: $0, as: UTF8.self) }), let key = try? TenantKey(plain)
        else {
            throw APIError.badRequest("cursor is the \"next\" of the page before, as it was given")
        }
        return key
    }

    /// `name:value`.
    private static func carries(_ row: TenantRow, _ label: String?) -> Bool {
        guard let label else { return true }
        let parts = label.split(separator: ":", maxSplits: 1).map(String.init)
        return parts.count == 2 && row.labels[parts[0]] == parts[1]
    }

    @Sendable func show(_ request: Request, _ context: ControlContext) async throws -> Response {
        try context.require(.read)
        return try JSONText.response(.ok, TenantObject(try await service.find(try key(context))))
    }

    // MARK: Change

    private struct PatchBody: Decodable {
        let key: String?
        let labels: [String: String?]?
        let quotas: [String: Int64?]?
        let state: String?
        let pin: String?
    }

    @Sendable func patch(_ request: Request, _ context: ControlContext) async throws -> Response {
        try context.require(.admin)
        let body = try await JSONText.decode(PatchBody.self, from: request)
        var row = try await service.find(try key(context))
        // All of it is looked at before any of it is done.
        let new = try body.key.map(Self.key)
        var patch = TenantRows.Patch()
        patch.labels = body.labels ?? [:]
        patch.quotas = body.quotas ?? [:]
        if let text = body.state {
            guard let state = TenantRow.State(rawValue: text) else {
                throw APIError.badRequest("unknown state \"\(text)\"")
            }
            patch.state = state
        }
        if let text = body.pin {
            guard let node = NodeID(text) else { throw APIError.badRequest("\"\(text)\" is no node's name") }
            patch.pin = .some(node)
        }
        if let new { row = try await service.rename(row.key, to: new) }
        if patch != TenantRows.Patch() { row = try await service.patch(row.id, patch) }
        return try JSONText.response(.ok, TenantObject(row))
    }

    // MARK: Delete

    @Sendable func delete(_ request: Request, _ context: ControlContext) async throws -> Response {
        try context.require(.admin)
        if try ListQuery(request).flag("purge") {
            try await service.purge(try key(context))
            return Response(status: .noContent)
        }
        return try JSONText.response(.accepted, TenantObject(try await service.delete(try key(context))))
    }

    @Sendable func undelete(_ request: Request, _ context: ControlContext) async throws -> Response {
        try context.require(.admin)
        return try JSONText.response(.ok, TenantObject(try await service.undelete(try key(context))))
    }

    // MARK: Tokens

    private struct TokenBody: Decodable {
        let access: String?
        let expiresIn: String?
    }

    private struct TokenObject: Encodable {
        let id: String
        let token: String
        let expiresAt: String
    }

    @Sendable func createToken(_ request: Request, _ context: ControlContext) async throws -> Response {
        try context.require(.admin)
        let body = try await JSONText.decode(TokenBody.self, from: request)
        guard let level = AccessLevel(name: body.access ?? "rw") else {
            throw APIError.badRequest("access is one of ro, rw, ddl")
        }
        guard let seconds = SpanText.seconds(body.expiresIn ?? "24h") else {
            throw APIError.badRequest("expiresIn is a duration such as 30s, 15m, 24h or 7d")
        }
        let row = try await service.find(try key(context))
        let new = try await tokens.make(for: row, level: level, seconds: seconds)
        return try JSONText.response(
            .created, TokenObject(id: new.id, token: new.token, expiresAt: TimeText.rfc3339(new.expiresAt)))
    }

    @Sendable func revokeToken(_ request: Request, _ context: ControlContext) async throws -> Response {
        try context.require(.admin)
        let row = try await service.find(try key(context))
        try await tokens.revoke(try context.parameters.require("id"), of: row)
        return Response(status: .noContent)
    }

    // MARK: Keys

    private func key(_ context: ControlContext) throws -> TenantKey {
        try Self.key(try Self.unescaped(try context.parameters.require("key")))
    }

    private static func key(_ text: String) throws -> TenantKey {
        do throws(TenantKeyError) {
            return try TenantKey(text)
        } catch {
            throw APIError(.badRequest, "key_invalid", error.description)
        }
    }

    private static func unescaped(_ text: String) throws -> String {
        guard let plain = PercentText.unescape(text) else {
            throw APIError(
                .badRequest, "key_invalid", "a percent sign is followed by two hexadecimal digits, and the key is UTF-8"
            )
        }
        return plain
    }

    private static func escaped(_ text: String) -> String { PercentText.escape(text) }
}
