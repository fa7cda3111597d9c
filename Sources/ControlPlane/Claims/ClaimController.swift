import Access
import Catalog
import Contract
import HTTPTypes
package import Hummingbird
import Vocabulary

extension HTTPField.Name {
    fileprivate static let claim = Self("Rowhouse-Claim")!
}

/// `/v1/claims`: values that are one tenant's alone.
package struct ClaimController: Sendable {
    private let service: ClaimService

    package init(_ service: ClaimService) { self.service = service }

    package func register(on group: RouterGroup<ControlContext>) {
        group.on(ClaimOperations.list, do: list)
        group.on(ClaimOperations.show, do: show)
        group.on(ClaimOperations.claim, do: claim)
        group.on(ClaimOperations.release, do: release)
    }

    struct ClaimBody: RequestBody {
        enum CodingKeys: String, CodingKey, CaseIterable { case tenant, ttl, token, confirm }
        static let schema = Schema.oneOf([
            .object(
                [
                    .init("tenant", .named("TenantKey"), "Whose it is to be."),
                    .optional(
                        "ttl", .string(pattern: "^[1-9][0-9]{0,4}[smh]$"), "Up to `24h`; `30s` where it is not said."),
                ], isStrict: true),
            .object(
                [
                    .init("token", .text, "That the reservation gave."),
                    .init("confirm", .boolean, "True."),
                ], isStrict: true),
        ])

        let tenant: String?
        let ttl: String?
        let token: String?
        let confirm: Bool?
    }

    /// Seconds that a reservation may last; far below what tenants remember refusals for.
    private static let lifetimes: ClosedRange<Int64> = 1...86_400

    @Sendable private func claim(_ request: Request, _ context: ControlContext) async throws -> Response {
        let (namespace, value) = try Self.name(context)
        let body = try await JSONText.decode(ClaimBody.self, from: request)
        if let confirm = body.confirm {
            guard confirm, body.tenant == nil, body.ttl == nil, let token = body.token else {
                throw APIError.badRequest("confirm is true, with the token, and nothing else")
            }
            let row = try await service.confirm(namespace, value, try Self.token(token))
            return try JSONText.response(.ok, try await service.objects([row])[0])
        }
        guard body.token == nil, let tenant = body.tenant else {
            throw APIError.badRequest("to reserve name the tenant; to confirm give the token and confirm: true")
        }
        guard let seconds = SpanText.seconds(body.ttl ?? "30s"), Self.lifetimes.contains(seconds) else {
            throw APIError.badRequest("ttl is between 1s and 24h")
        }
        let key = try TenantController.key(tenant)
        let made = try await service.reserve(namespace, value, for: key, seconds: seconds)
        return try JSONText.response(.created, ClaimObject(made.claim, tenant: key.string, token: made.token))
    }

    @Sendable private func release(_ request: Request, _ context: ControlContext) async throws -> Response {
        let (namespace, value) = try Self.name(context)
        let asked = try ListQuery(request, for: ClaimOperations.release)["token"]
        guard let token = asked ?? request.headers[.claim] else {
            throw APIError.badRequest("a claim is released with its token: Rowhouse-Claim, or ?token=")
        }
        try await service.release(namespace, value, try Self.token(token))
        return Response(status: .noContent)
    }

    @Sendable private func show(_ request: Request, _ context: ControlContext) async throws -> Response {
        let (namespace, value) = try Self.name(context)
        guard let row = try await service.rows.find(namespace, value) else {
            throw APIError.notFound("nobody has claimed that value")
        }
        return try JSONText.response(.ok, try await service.objects([row])[0])
    }

    @Sendable private func list(_ request: Request, _ context: ControlContext) async throws -> Response {
        let query = try ListQuery(request, for: ClaimOperations.list)
        let limit = try query.limit()
        var tenant: TenantID?
        if let key = query["tenant"] { tenant = try await service.tenant(try TenantController.key(key)) }
        let after = try query["cursor"].map { cursor in
            guard let place = Self.place(cursor) else {
                throw APIError.badRequest("cursor is the \"next\" of the page before")
            }
            return place
        }
        let rows = try await service.rows.list(
            tenant: tenant, namespace: query["namespace"], after: after, limit: limit)
        let next = rows.count == limit ? rows.last.map { Base64URL.encode("\($0.namespace)/\($0.value)".utf8) } : nil
        return try JSONText.response(.ok, PageObject(items: try await service.objects(rows), next: next))
    }

    private static func place(_ cursor: String) -> (namespace: String, value: String)? {
        guard let bytes = Base64URL.decode(cursor[...].utf8), let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return parts.count == 2 ? (parts[0], parts[1]) : nil
    }

    private static func token(_ text: String) throws(APIError) -> ClaimToken {
        guard let token = ClaimToken(text) else { throw APIError.badRequest("that is no token of a claim") }
        return token
    }

    private static func name(_ context: ControlContext) throws -> (namespace: String, value: String) {
        let namespace = try context.parameters.require("namespace")
        let isPart: (UInt8) -> Bool = { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
        }
        guard let first = namespace.utf8.first, (0x61...0x7A).contains(first), namespace.utf8.count <= 63,
            namespace.utf8.allSatisfy(isPart)
        else {
            throw APIError.badRequest("a namespace is 1 to 63 of a-z, 0-9, '.', '_', '-', a letter first")
        }
        guard namespace != ClaimRows.emails else {
            throw APIError(.forbidden, "emails are claimed by the users' own calls; see /v1/users")
        }
        guard let value = PercentText.unescape(try context.parameters.require("value")),
            (1...512).contains(value.utf8.count),
            !value.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
        else {
            throw APIError.badRequest("a claimed value is 1 to 512 bytes of UTF-8 without controls, percent-encoded")
        }
        return (namespace, value)
    }
}

/// A claim as the API shows it.
struct ClaimObject: Encodable {
    let namespace: String
    let value: String
    let tenant: String
    let state: String
    /// Of a reservation, when it is made.
    let token: String?
    let createdAt: String
    let expiresAt: String?

    enum CodingKeys: String, CodingKey { case namespace, value, tenant, state, token, createdAt, expiresAt }

    init(_ row: ClaimRow, tenant: String, token: String?) {
        namespace = row.namespace
        value = row.value
        self.tenant = tenant
        state = row.state.rawValue
        self.token = token
        createdAt = TimeText.rfc3339(row.created)
        expiresAt = row.expires.map(TimeText.rfc3339)
    }

    /// A time that there is none is null; a token is there once.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(namespace, forKey: .namespace)
        try container.encode(value, forKey: .value)
        try container.encode(tenant, forKey: .tenant)
        try container.encode(state, forKey: .state)
        try container.encodeIfPresent(token, forKey: .token)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(expiresAt, forKey: .expiresAt)
    }
}
