import Access
import Catalog
import Contract
import HTTPTypes
package import Hummingbird
import Movers
import Vocabulary

/// `/v1/moves`: begin, list, show, cancel.
package struct MoveController: Sendable {
    private let service: MoveService

    package init(_ service: MoveService) { self.service = service }

    package func register(on group: RouterGroup<ControlContext>) {
        group.on(MoveOperations.begin, do: begin)
        group.on(MoveOperations.list, do: list)
        group.on(MoveOperations.show, do: show)
        group.on(MoveOperations.cancel, do: cancel)
    }

    struct MoveBody: RequestBody {
        enum CodingKeys: String, CodingKey, CaseIterable { case tenant, to, onTransaction }
        static let schema = Schema.object(
            [
                .init("tenant", .named("TenantKey")),
                .init("to", ControlSchemas.nodeName),
                .optional("onTransaction", .choice(["postpone", "abort"]), "What becomes of an open transaction."),
            ], isStrict: true)

        let tenant: String
        let to: String
        let onTransaction: String?
    }

    @Sendable func begin(_ request: Request, _ context: ControlContext) async throws -> Response {
        let body = try await JSONText.decode(MoveBody.self, from: request)
        guard let target = NodeID(body.to) else {
            throw APIError.badRequest("\"\(body.to)\" is no node's name; see GET /v1/nodes")
        }
        let onTransaction = MoveRequest.OnTransaction(rawValue: body.onTransaction ?? "postpone")
        guard let onTransaction else { throw APIError.badRequest("onTransaction is one of postpone, abort") }
        let move = try await refusing { try await service.begin(try Self.key(body.tenant), to: target, onTransaction) }
        return try JSONText.response(.accepted, move, headers: [.location: "/v1/moves/\(move.move.id)"])
    }

    @Sendable func list(_ request: Request, _ context: ControlContext) async throws -> Response {
        let query = try ListQuery(request, for: MoveOperations.list)
        let limit = try query.limit()
        let tenant = try query["tenant"].map(Self.key)
        let page = try await refusing {
            try await service.list(tenant: tenant, after: query["cursor"], limit: limit)
        }
        return try JSONText.response(.ok, PageObject(items: page.items, next: page.next))
    }

    @Sendable func show(_ request: Request, _ context: ControlContext) async throws -> Response {
        let id = try context.parameters.require("id")
        return try JSONText.response(.ok, try await refusing { try await service.show(id) })
    }

    @Sendable func cancel(_ request: Request, _ context: ControlContext) async throws -> Response {
        let id = try context.parameters.require("id")
        return try JSONText.response(.ok, try await refusing { try await service.cancel(id) })
    }

    private static func key(_ text: String) throws -> TenantKey {
        do throws(TenantKeyError) {
            return try TenantKey(text)
        } catch {
            throw APIError(.keyInvalid, error.description)
        }
    }
}

/// What the desk refuses, as the API says it.
func refusing<Value>(_ body: () async throws -> Value) async throws -> Value {
    do { return try await body() } catch let refusal as MoveRefusal { throw ErrorTable.api(refusal) }
}
