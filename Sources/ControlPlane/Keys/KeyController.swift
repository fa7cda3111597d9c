import Catalog
import Contract
import HTTPTypes
import Hummingbird

/// `/v1/keys`: the keys that tenants' tokens are signed with.
struct KeyController: Sendable {
    let service: TokenService

    func register(on group: RouterGroup<ControlContext>) {
        group.on(KeyOperations.list, do: list)
        group.on(KeyOperations.add, do: add)
        group.on(KeyOperations.retire, do: retire)
        group.on(KeyOperations.remove, do: remove)
    }

    @Sendable private func list(_ request: Request, _ context: ControlContext) async throws -> Response {
        _ = try ListQuery(request, for: KeyOperations.list)
        return try JSONText.response(.ok, PageObject(items: try await service.signingKeys(), next: nil))
    }

    @Sendable private func add(_ request: Request, _ context: ControlContext) async throws -> Response {
        let key = try await service.addKey()
        return try JSONText.response(.created, key, headers: [.location: "/v1/keys/\(key.kid)"])
    }

    @Sendable private func retire(_ request: Request, _ context: ControlContext) async throws -> Response {
        let kid = try kid(context)
        try await service.retireKey(kid)
        guard let key = try await service.signingKeys().first(where: { $0.kid == kid }) else { throw Self.notFound }
        return try JSONText.response(.ok, key)
    }

    @Sendable private func remove(_ request: Request, _ context: ControlContext) async throws -> Response {
        let force = try ListQuery(request, for: KeyOperations.remove).flag("force")
        try await service.removeKey(try kid(context), force: force)
        return Response(status: .noContent)
    }

    private func kid(_ context: ControlContext) throws -> String {
        guard let kid = PercentText.unescape(try context.parameters.require("kid")) else { throw Self.notFound }
        return kid
    }

    static let notFound = APIError.notFound("there is no such key; see GET /v1/keys")
}

/// A signing key as the API shows it: never its private half.
struct KeyObject: Encodable {
    enum State: String, CaseIterable, Encodable {
        /// It signs when every node knows it.
        case next
        case signing
        /// It has signed before, and is not retired: it signs again if the newer ones go.
        case previous
        case retired
    }

    let kid: String
    let publicKey: String
    let state: State
    let createdAt: String
    let retiredAt: String?

    enum CodingKeys: String, CodingKey { case kid, publicKey, state, createdAt, retiredAt }

    init(_ row: SigningKeyRow, signer: SigningKeyRow?) {
        kid = row.kid
        publicKey = String(decoding: row.publicKey, as: UTF8.self)
        createdAt = TimeText.rfc3339(row.created)
        retiredAt = row.retired.map(TimeText.rfc3339)
        if row.retired != nil {
            state = .retired
        } else if row.kid == signer?.kid {
            state = .signing
        } else {
            state = signer.map { $0.created > row.created } ?? false ? .previous : .next
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kid, forKey: .kid)
        try container.encode(publicKey, forKey: .publicKey)
        try container.encode(state, forKey: .state)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(retiredAt, forKey: .retiredAt)
    }
}
