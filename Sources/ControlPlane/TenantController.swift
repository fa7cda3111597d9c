import Access
import Catalog
import Contract
import HTTPTypes
import Hummingbird
import Vocabulary

/// `/v1/tenants`: create, list, show, change, delete, bring back, and their tokens.
struct TenantController: Sendable {
    let service: TenantService
    let tokens: TokenService

    func register(on group: RouterGroup<ControlContext>) {
        group.on(TenantOperations.create, do: create)
        group.on(TenantOperations.list, do: list)
        group.on(TenantOperations.show, do: show)
        group.on(TenantOperations.patch, do: patch)
        group.on(TenantOperations.delete, do: delete)
        group.on(TenantOperations.undelete, do: undelete)
        group.on(TenantOperations.createToken, do: createToken)
        group.on(TenantOperations.revokeToken, do: revokeToken)
    }

    // MARK: Create, list, show

    struct CreateBody: RequestBody {
        enum CodingKeys: String, CodingKey, CaseIterable { case key, schema, labels, quotas, durability, pin }
        static let schema = Schema.object(
            [
                .init("key", .named("TenantKey")),
                .optional("schema", .text, "One of the configured schemas; by the key where it is not said."),
                .optional("labels", .named("Labels")),
                .optional("quotas", .object([], isStrict: true), "None is enforced yet, so none is taken."),
                .optional("durability", .choice(["local"])),
                .optional(
                    "pin", ControlSchemas.nodeName, "The node that it is to stay on; by room where it is not said."),
            ], isStrict: true)

        let key: String
        let schema: String?
        let labels: [String: String]?
        let quotas: [String: Int64]?
        let durability: String?
        let pin: String?
    }

    @Sendable func create(_ request: Request, _ context: ControlContext) async throws -> Response {
        let body = try await JSONText.decode(CreateBody.self, from: request)
        if let durability = body.durability, durability != "local" {
            throw APIError(
                .durabilityUnavailable, "durability \"\(durability)\" is not built yet; use \"local\"")
        }
        let key = try Self.key(body.key)
        try Self.refuse(quotas: body.quotas ?? [:])
        let new = NewTenant(
            key: key, schema: try service.schema(of: key, named: body.schema), labels: body.labels ?? [:],
            quotas: body.quotas ?? [:], pin: try body.pin.map(TenantPatchBody.node))
        if try ListQuery(request, for: TenantOperations.create).flag("dry-run") {
            try await service.rehearse(new)
            return Response(status: .noContent)
        }
        let row = try await service.create(new)
        let location = "/v1/tenants/\(Self.escaped(row.key.string))"
        return try JSONText.response(.created, TenantObject(row), headers: [.location: location])
    }

    @Sendable func list(_ request: Request, _ context: ControlContext) async throws -> Response {
        let query = try ListQuery(request, for: TenantOperations.list)
        let limit = try query.limit()
        guard let order = TenantOrder(rawValue: query["sort"] ?? "key") else {
            throw APIError.badRequest("sort is key, size or activity")
        }
        let page = try query["cursor"].map { cursor throws(APIError) in try Self.page(order, cursor) }
        let rows = try await service.rows.list(
            prefix: query["prefix"] ?? "", label: try query["label"].map(Self.label),
            state: try query["state"].map(Self.state), page ?? TenantOrder.Page(order), limit: limit)
        let next = rows.count == limit ? rows.last.map { Base64URL.encode(order.cursor(after: $0).utf8) } : nil
        return try JSONText.response(.ok, PageObject(items: rows.map(TenantObject.init), next: next))
    }

    /// Where a page begins; in a form that nothing on its way encodes once more.
    private static func page(_ order: TenantOrder, _ text: String) throws(APIError) -> TenantOrder.Page {
        let bytes = Base64URL.decode(text[...].utf8)
        guard let plain = bytes.flatMap({ String(validating: $0, as: UTF8.self) }),
            let page = TenantOrder.Page(order, cursor: plain)
        else {
            throw APIError.badRequest("cursor is the \"next\" of the page before, in the same order, as it was given")
        }
        return page
    }

    /// `name:value`.
    private static func label(_ text: String) throws(APIError) -> (name: String, value: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty else { throw APIError.badRequest("label is name:value") }
        return (parts[0], parts[1])
    }

    private static func state(_ text: String) throws(APIError) -> TenantRow.State {
        guard let state = TenantRow.State(rawValue: text) else {
            throw APIError.badRequest("state is one of creating, ready, read-only, blocked, deleted")
        }
        return state
    }

    /// None is enforced yet, and one that is taken and not kept to is worse than none.
    static func refuse(quotas: [String: Int64?]) throws(APIError) {
        guard let name = quotas.filter({ $0.value != nil }).keys.sorted().first else { return }
        throw APIError.badRequest("unknown quota \"\(name)\": quotas of single tenants are not built yet")
    }

    @Sendable func show(_ request: Request, _ context: ControlContext) async throws -> Response {
        return try JSONText.response(.ok, TenantObject(try await service.find(try key(context))))
    }

    // MARK: Change

    @Sendable func patch(_ request: Request, _ context: ControlContext) async throws -> Response {
        let isRehearsal = try ListQuery(request, for: TenantOperations.patch).flag("dry-run")
        let patch = try await JSONText.decode(TenantPatchBody.self, from: request).patch()
        let key = try key(context)
        let row =
            patch == TenantRows.Patch()
            ? try await service.find(key) : try await service.patch(key, patch, isRehearsal: isRehearsal)
        return try JSONText.response(.ok, TenantObject(row))
    }

    // MARK: Delete

    @Sendable func delete(_ request: Request, _ context: ControlContext) async throws -> Response {
        if try ListQuery(request, for: TenantOperations.delete).flag("purge") {
            try await service.purge(try key(context))
            return Response(status: .noContent)
        }
        return try JSONText.response(.accepted, TenantObject(try await service.delete(try key(context))))
    }

    @Sendable func undelete(_ request: Request, _ context: ControlContext) async throws -> Response {
        return try JSONText.response(.ok, TenantObject(try await service.undelete(try key(context))))
    }

    // MARK: Tokens

    struct TokenBody: RequestBody {
        enum CodingKeys: String, CodingKey, CaseIterable { case access, expiresIn, reason }
        static let schema = Schema.object(
            [
                .optional("access", .choice(["ro", "rw", "ddl"]), "`rw` where it is not said."),
                .optional("expiresIn", .string(pattern: "^[1-9][0-9]{0,8}[smhd]$"), "Such as `24h`, up to ten years."),
                .optional(
                    "reason", .string(length: 1...500),
                    """
                    For support: the token names who asked for it, lives for an hour where nothing is said and at most for \
                    `access.support-time`, and it and its uses are in the audit log.
                    """),
            ], isStrict: true)

        let access: String?
        let expiresIn: String?
        let reason: String?
    }

    private struct TokenObject: Encodable {
        let id: String
        let token: String
        let expiresAt: String
    }

    @Sendable func createToken(_ request: Request, _ context: ControlContext) async throws -> Response {
        let body = try await JSONText.decode(TokenBody.self, from: request)
        guard let level = AccessLevel(name: body.access ?? "rw") else {
            throw APIError.badRequest("access is one of ro, rw, ddl")
        }
        let seconds = try lifetime(body)
        let row = try await service.find(try key(context))
        guard row.state != .deleted, row.state != .purging else {
            throw APIError(
                .tenantDeleted, "the tenant is deleted; undelete it before you make tokens for it")
        }
        let new = try await tokens.make(for: row, level: level, seconds: seconds, reason: body.reason)
        return try JSONText.response(
            .created, TokenObject(id: new.id, token: new.token, expiresAt: TimeText.rfc3339(new.expiresAt)))
    }

    /// Seconds.
    private func lifetime(_ body: TokenBody) throws(APIError) -> Int64 {
        let most = tokens.longestSupport
        let usual = body.reason == nil ? "24h" : "\(min(3600, most))s"
        guard let seconds = SpanText.seconds(body.expiresIn ?? usual) else {
            throw APIError.badRequest("expiresIn is a whole number with s, m, h or d, such as 24h, from 1s to 3650d")
        }
        guard let reason = body.reason else { return seconds }
        guard !reason.allSatisfy(\.isWhitespace), reason.utf8.count <= 500 else {
            throw APIError.badRequest("reason is a sentence of at most 500 bytes")
        }
        guard seconds <= most else {
            throw APIError.badRequest("a support token lives for \(most)s at most (access.support-time)")
        }
        return seconds
    }

    @Sendable func revokeToken(_ request: Request, _ context: ControlContext) async throws -> Response {
        let row = try await service.find(try key(context))
        let id = try context.parameters.require("id")
        guard TenantTokens.belongs(id, to: row.id) else {
            throw APIError.notFound("no token of this tenant has such an id; it was shown when the token was made")
        }
        try await tokens.revoke(id, of: row)
        return Response(status: .noContent)
    }

    // MARK: Keys

    private func key(_ context: ControlContext) throws -> TenantKey {
        try Self.key(try Self.unescaped(try context.parameters.require("key")))
    }

    static func key(_ text: String) throws -> TenantKey {
        do throws(TenantKeyError) {
            return try TenantKey(text)
        } catch {
            throw APIError(.keyInvalid, error.description)
        }
    }

    private static func unescaped(_ text: String) throws -> String {
        guard let plain = PercentText.unescape(text) else {
            throw APIError(
                .keyInvalid, "a percent sign is followed by two hexadecimal digits, and the key is UTF-8"
            )
        }
        return plain
    }

    private static func escaped(_ text: String) -> String { PercentText.escape(text) }
}
