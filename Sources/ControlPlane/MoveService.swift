package import Catalog
import Cluster
import Contract
import FoundationEssentials
import HTTPTypes
package import Movers
import Routing
package import Seams
package import Vocabulary

/// Moves, whichever node is asked: the tenant's owner begins and ends them, their rows in the catalog tell of them.
package struct MoveService: Sendable {
    private let node: NodeID
    private let desk: MoveDesk
    private let transport: (any PeerTransport)?
    private let tenants: TenantRows
    private let nodes: NodeRows
    private let moves: MoveRows

    /// - Parameter transport: nil where the node stands alone.
    package init(node: NodeID, desk: MoveDesk, transport: (any PeerTransport)?, store: CatalogStore) {
        self.node = node
        self.desk = desk
        self.transport = transport
        tenants = TenantRows(store)
        nodes = NodeRows(store)
        moves = MoveRows(store)
    }

    /// Begins a move; when it returns the row says where the tenant goes.
    ///
    /// - Throws: `APIError`, `CatalogError`, `MoveRefusal`.
    func begin(_ key: TenantKey, to target: NodeID, _ onTransaction: MoveRequest.OnTransaction) async throws
        -> MoveObject
    {
        let id = OnceScope.current.map { MoveDesk.freshID($0) }
        // Begun by an earlier run of the request: that is the answer, whatever has become of it.
        if let id, OnceScope.current?.isRepetition ?? false, try await moves.find(id) != nil {
            return try await show(id)
        }
        guard let row = try await tenants.find(key) else { throw APIError.tenantNotFound(key.string) }
        guard try await nodes.find(target) != nil else {
            throw APIError.notFound("there is no node \(target); see GET /v1/nodes")
        }
        if row.placement.owner == target, row.placement.state == .stable { throw MoveRefusal.alreadyThere }
        let request = MoveRequest(tenant: row.id, target: target, onTransaction: onTransaction, id: id)
        return try await show(try await begin(request, at: row.placement.owner))
    }

    /// The same for a tenant whose owner is known.
    ///
    /// - Returns: the move's id.
    func begin(_ request: MoveRequest, ownedBy owner: NodeID) async throws -> String {
        try await beginOnce(request, at: owner)
    }

    private func begin(_ request: MoveRequest, at owner: NodeID) async throws -> String {
        do {
            return try await beginOnce(request, at: owner)
        } catch MoveRefusal.elsewhere(let refusal) {
            // It has just changed hands.
            guard let other = refusal.owner else { throw MoveRefusal.elsewhere(refusal) }
            return try await beginOnce(request, at: other)
        }
    }

    private func beginOnce(_ request: MoveRequest, at owner: NodeID) async throws -> String {
        guard owner != node else { return try await desk.begin(request) }
        let answer = try await call(owner, InternalPaths.moves, MoveCalls.encode(request))
        guard let id = MoveCalls.move(answer.body) else { throw ErrorTable.api(PeerFailure.outcomeUnknown("no id")) }
        return id
    }

    /// Ends a move as long as the tenant has not changed hands.
    ///
    /// - Throws: as `begin`.
    func cancel(_ id: String) async throws -> MoveObject {
        let row = try await find(id)
        if row.source == node {
            _ = try await desk.cancel(id)
        } else if row.state != .aborted {
            try await cancel(id, at: row.source)
        }
        return try await show(id)
    }

    /// The source gives up at once. Where it does not answer the row is enough: a dead one would block its target.
    private func cancel(_ id: String, at source: NodeID) async throws {
        do throws(PeerFailure) {
            _ = try await post(source, InternalPaths.cancelMove(id), [])
        } catch {
            switch error {
            case .unreachable, .outcomeUnknown: try await desk.withdraw(id)
            case .refused, .tooLarge: throw ErrorTable.api(error)
            }
        }
    }

    func show(_ id: String) async throws -> MoveObject {
        let row = try await find(id)
        return MoveObject(move: row, tenant: try await subject(row.tenant))
    }

    /// Newest first.
    func list(tenant: TenantKey?, after: String?, limit: Int) async throws -> (items: [MoveObject], next: String?) {
        var id: TenantID?
        if let tenant {
            guard let row = try await tenants.find(tenant) else { throw APIError.tenantNotFound(tenant.string) }
            id = row.id
        }
        var before: MoveRow?
        if let after { before = try await find(after) }
        let rows = try await moves.list(tenant: id, before: before, limit: limit)
        var subjects: [TenantID: MoveObject.Subject] = [:]
        for row in rows where subjects[row.tenant] == nil { subjects[row.tenant] = try await subject(row.tenant) }
        let items = rows.compactMap { row in subjects[row.tenant].map { MoveObject(move: row, tenant: $0) } }
        return (items, rows.count == limit ? rows.last?.id : nil)
    }

    private func find(_ id: String) async throws -> MoveRow {
        guard let row = try await moves.find(id) else { throw MoveRefusal.moveNotFound }
        return row
    }

    private func subject(_ tenant: TenantID) async throws -> MoveObject.Subject {
        let row = try await tenants.find(tenant)
        return MoveObject.Subject(name: row?.key.string ?? tenant.description, bytes: row?.bytes)
    }

    private func call(_ owner: NodeID, _ path: String, _ body: [UInt8]) async throws -> PeerAnswer {
        do throws(PeerFailure) { return try await post(owner, path, body) } catch { throw ErrorTable.api(error) }
    }

    /// A node whose row cannot be read, or that has left, cannot be reached.
    private func post(_ owner: NodeID, _ path: String, _ body: [UInt8]) async throws(PeerFailure) -> PeerAnswer {
        guard let transport, let row = try? await nodes.find(owner), row.state != .fenced, !row.address.isEmpty else {
            throw .unreachable("node \(owner) has no address now")
        }
        // Longer than the desk waits for a cancelled move to end.
        return try await transport.post(
            row.address, path: InternalAuthor.handing(on: path), body: body, timeout: .seconds(15))
    }
}

extension ErrorTable {
    package static func api(_ refusal: MoveRefusal) -> APIError {
        switch refusal {
        case .tenantNotFound: APIError(.tenantNotFound, "there is no such tenant")
        case .notMovable:
            APIError(.versionConflict, "a tenant that is being created or is deleted cannot be moved")
        case .alreadyThere: APIError(.alreadyThere, "the tenant is on that node already")
        case .inProgress(let move):
            APIError(
                .moveInProgress,
                "another move of this tenant is under way\(move.map { " (\($0))" } ?? ""); wait for it or cancel it")
        case .targetNotUp:
            APIError(
                .busy, "the target node takes no tenants now: it is draining, fenced or not up",
                retryAfter: 5)
        case .tooMany:
            APIError(
                .busy, "the tenant's node is at as many moves as it takes part in at once",
                retryAfter: 5)
        case .elsewhere:
            APIError(
                .moving, "the tenant has just moved to another node; try again", retryAfter: 1)
        case .differs: APIError(.versionConflict, "the tenant's placement has changed since the move was decided")
        case .moveNotFound: APIError.notFound("there is no such move")
        case .committed:
            APIError(.moveCommitted, "the tenant has changed hands; move it back with a new move")
        case .inDoubt:
            APIError(
                .moving, "whether the tenant has changed hands is not known yet; look again",
                retryAfter: 1)
        case .stopping: APIError(.busy, "the node is starting or stopping", retryAfter: 2)
        case .catalog(let error): api(error)
        case .notServed(let why):
            APIError(
                .tenantDamaged, "the tenant cannot be served where it is: \(why)", retryAfter: 60
            )
        }
    }
}
