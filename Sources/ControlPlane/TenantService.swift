package import Balancing
package import Catalog
import Contract
import HTTPTypes
import Membership
import Planning
package import Residents
package import Routing
package import Seams
package import Vocabulary

/// Calls to other nodes that the control plane needs; `Cluster` makes them.
package protocol Peers: Sendable {
    /// The owner makes the file of a row in state `creating` and marks it ready.
    ///
    /// - Throws: `PeerFailure`.
    func finishCreating(_ tenant: TenantID, at address: String) async throws(PeerFailure)
    /// The owner drops the file of a deleted tenant, then its row.
    ///
    /// - Throws: `PeerFailure`.
    func purge(_ tenant: TenantID, at address: String) async throws(PeerFailure)
}

/// What operators do with tenants, whichever node is asked. The row decides; the owner's file follows.
package struct TenantService: Sendable {
    package let rows: TenantRows
    private let nodes: NodeRows
    let residents: Residents
    let peers: any Peers
    private let cache: PlacementCache
    let time: any TimeSource
    private let schema: @Sendable (TenantKey) -> String
    /// Nil on a node that stands alone.
    private let placer: NewTenantPlacer?

    /// - Parameter cache: this node's router's; what is confirmed here is served here at once.
    /// - Parameter schema: which one a key's tenant has when nobody says.
    package init(
        store: CatalogStore, residents: Residents, peers: any Peers, cache: PlacementCache, time: any TimeSource,
        placer: NewTenantPlacer? = nil, schema: @escaping @Sendable (TenantKey) -> String
    ) {
        self.placer = placer
        self.schema = schema
        rows = TenantRows(store)
        nodes = NodeRows(store)
        self.residents = residents
        self.peers = peers
        self.cache = cache
        self.time = time
    }

    /// The row, in whatever state.
    ///
    /// - Throws: `APIError` tenant_not_found.
    package func find(_ key: TenantKey) async throws -> TenantRow {
        guard let row = try await rows.find(key) else { throw APIError.tenantNotFound(key.string) }
        return row
    }

    /// The schema that a new tenant is to have.
    ///
    /// - Throws: `APIError` config_invalid. Nodes are configured alike, so what this one lacks no other will have.
    package func schema(of key: TenantKey, named wanted: String?) throws(APIError) -> String {
        let name = wanted ?? schema(key)
        guard residents.knows(schema: name) else { throw ErrorTable.api(ResidentsError.schemaUnknown(name)) }
        return name
    }

    /// Makes a tenant; when it returns the tenant is ready and durable. A creation that a crash cut short is finished by
    /// repeating the call.
    package func create(_ new: NewTenant) async throws -> TenantRow {
        guard residents.knows(schema: new.schema) else { throw ResidentsError.schemaUnknown(new.schema) }
        for _ in 0..<Self.owners {
            let outcome = try await rows.create(new, on: try await owner(of: new), at: time.wall())
            switch outcome {
            case .created(let made):
                if let row = try await goOn(with: made, as: new) { return row }
                continue
            case .exists(let row) where row.state == .creating:
                // Somebody's creation was cut short, or is under way: finish it, and still say that it is taken.
                do {
                    _ = try await finish(row)
                } catch ResidentsError.notFound {
                    // A sign-up has it.
                }
            default: break
            }
            throw refusal(outcome, of: new.key)
        }
        throw Self.gone
    }

    private static let gone = APIError(.busy, "the tenant was removed while it was made; try again", retryAfter: 1)

    /// A creation to its end. Of one that an earlier run of the request began, the row may have changed since: it goes on from
    /// what stands now.
    ///
    /// - Returns: nil where the row is gone, and the key with it: it may be made anew.
    private func goOn(with made: TenantRow, as new: NewTenant) async throws -> TenantRow? {
        var row = made
        if OnceScope.current?.isRepetition ?? false {
            guard let now = try await rows.find(made.id) else { return nil }
            row = now
        }
        switch row.state {
        case .creating: break
        case .deleted, .purging: throw refusal(.deleted(row), of: new.key)
        case .ready, .readOnly, .blocked:
            forget(row)
            return row
        }
        return try await finish(row)
    }

    /// Looks whether a creation would be refused, and changes nothing.
    ///
    /// - Throws: `APIError`, as `create` would.
    package func rehearse(_ new: NewTenant) async throws {
        let owner = try await owner(of: new)
        if let outcome = try await rows.rehearseCreate(new, on: owner, at: time.wall()) {
            throw refusal(outcome, of: new.key)
        }
    }

    /// The node that a new tenant is to be on.
    ///
    /// - Parameter other: one that could not be reached.
    /// - Throws: `APIError` busy where none takes it.
    func owner(of new: NewTenant, except other: NodeID? = nil) async throws -> NodeID {
        try await owner(of: new.key, schema: new.schema, pin: new.pin, except: other)
    }

    private func owner(
        of key: TenantKey, schema: String, pin: NodeID?, except other: NodeID?
    ) async throws -> NodeID {
        let rows = try await nodes.list()
        if let pin, !rows.contains(where: { $0.id == pin }) { throw Self.noNode(pin) }
        let up = rows.filter { $0.state == .up && $0.id != other && ($0.id == pin || pin == nil) }
        guard let owner = OwnerChoice.owner(of: key, among: up) else {
            let who = pin.map { "node \($0)" } ?? "no node"
            throw APIError(.busy, "\(who) takes \(pin == nil ? "" : "no ")new tenants now", retryAfter: 2)
        }
        guard let placer else { return owner }
        switch try await placer.place(among: Set(up.map(\.id)), schema: schema, pin: pin) {
        case .node(let owner): return owner
        case .nowhere(let refusal): throw APIError(.busy, "\(refusal)", retryAfter: 10)
        }
    }

    private static func noNode(_ node: NodeID) -> APIError {
        APIError.badRequest("there is no node \(node) to pin it to; see GET /v1/nodes")
    }

    func refusal(_ outcome: TenantRows.CreateOutcome, of key: TenantKey) -> APIError {
        switch outcome {
        case .created, .exists: APIError(.tenantExists, "tenant \(key) is there already")
        case .deleted:
            APIError(
                .tenantDeleted,
                "tenant \(key) was deleted and can still be brought back: undelete it, or purge it first")
        case .keyHeld(let until): .keyHeld(key, until: until)
        case .ownerNotUp:
            APIError(.busy, "the chosen node has just gone; try again", retryAfter: 1)
        }
    }

    /// Has the owner make the file. Where the owner cannot be reached, another node gets the creation: a tenant that was never
    /// ready has no data to be lost.
    private func finish(_ row: TenantRow) async throws -> TenantRow {
        var row = row
        for _ in 0..<Self.owners {
            do {
                let ready = try await finishAtOwner(row)
                forget(ready)
                return ready
            } catch PeerFailure.unreachable {
                row = try await reassign(row)
            } catch PeerFailure.refused(421, _, _), ResidentsError.elsewhere {
                // It was given to another node meanwhile.
                guard let now = try await rows.find(row.id) else { throw Self.gone }
                row = now
            } catch PeerFailure.refused(_, "config_invalid", _) {
                // Its owner does not know the schema: the key is not to stay taken.
                try await abandon(row)
                throw ResidentsError.schemaUnknown(row.schema)
            } catch PeerFailure.refused(_, "rate_limited", _), ResidentsError.full {
                try await abandon(row)
                throw ResidentsError.full
            }
        }
        throw APIError(.busy, "no node could be reached to make the tenant", retryAfter: 2)
    }

    private func abandon(_ row: TenantRow) async throws {
        // Where it did not succeed somebody else goes on with it.
        if try await rows.abandon(row, at: time.wall()) { OnceScope.current?.takeBack() }
    }

    /// Nodes that are tried for one creation.
    static let owners = 3

    private func finishAtOwner(_ row: TenantRow) async throws -> TenantRow {
        guard row.state == .creating else { return row }
        if row.placement.owner == residents.node { return try await residents.takeUp(row) }
        try await peers.finishCreating(row.id, at: try await address(of: row.placement.owner))
        return try await rows.find(row.id) ?? row
    }

    func reassign(_ row: TenantRow) async throws -> TenantRow {
        let next = try await owner(of: row.key, schema: row.schema, pin: row.pin, except: row.placement.owner)
        guard let given = try await rows.reassign(row, to: next, at: time.wall()) else {
            throw APIError(.busy, "no node takes new tenants now", retryAfter: 2)
        }
        return given
    }

    /// What this node's router remembers of the tenant is older than what was just confirmed.
    func forget(_ row: TenantRow, formerly key: TenantKey? = nil) {
        cache.forget(row.id, row.key)
        if let key { cache.forget(row.id, key) }
    }

    /// Changes what an operator may set, all of it or nothing.
    ///
    /// - Parameter isRehearsal: look only, and give the row as it would be.
    package func patch(
        _ key: TenantKey, _ patch: TenantRows.Patch, isRehearsal: Bool = false
    ) async throws -> TenantRow {
        let row = try await find(key)
        if case .some(.some(let node)) = patch.pin, try await nodes.find(node) == nil {
            throw Self.noNode(node)
        }
        let outcome =
            isRehearsal
            ? try await rows.rehearse(row.id, patch, at: time.wall())
            : try await rows.patch(row.id, patch, at: time.wall())
        switch outcome {
        case .patched(let row):
            if !isRehearsal { forget(row, formerly: key) }
            return row
        case .notFound: throw APIError.tenantNotFound(key.string)
        case .notPatchable(let row):
            throw APIError(
                row.state == .deleted || row.state == .purging ? .tenantDeleted : .versionConflict,
                "a tenant in state \(row.state.rawValue) cannot be changed")
        case .exists: throw APIError(.tenantExists, "the key \(patch.key ?? key) is taken")
        case .keyHeld(let until): throw APIError.keyHeld(patch.key ?? key, until: until)
        }
    }

    /// Marks it deleted; its key and its file are kept until the window has passed.
    package func delete(_ key: TenantKey) async throws -> TenantRow {
        let row = try await find(key)
        guard let deleted = try await rows.delete(row.id, at: time.wall()) else {
            throw APIError.tenantNotFound(key.string)
        }
        forget(deleted)
        return deleted
    }

    /// - Throws: `APIError` tenant_deleted if it is being removed for good.
    package func undelete(_ key: TenantKey) async throws -> TenantRow {
        let row = try await find(key)
        guard let back = try await rows.undelete(row.id, at: time.wall()) else {
            throw APIError.tenantNotFound(key.string)
        }
        guard back.state != .purging else {
            throw APIError(.tenantDeleted, "tenant \(key) is being removed for good")
        }
        forget(back)
        return back
    }

    /// Removes a tenant for good, at once: deletes it where it is not deleted yet.
    package func purge(_ key: TenantKey) async throws {
        let row = try await delete(key)
        guard row.placement.owner == residents.node else { return try await purgeAtOwner(row) }
        switch try await residents.purge(row) {
        case .purged: forget(row)
        case .notDeleted: throw APIError(.versionConflict, "it was undeleted meanwhile")
        case .moving: throw APIError(.moveInProgress, "it is being moved; cancel the move or wait for it")
        }
    }

    /// Removes a tenant that was made for something that then came to nothing, if nobody has done anything with it since.
    ///
    /// Only where its key is free again at once, and this node has its file: elsewhere other nodes may know the key already, and it
    /// stays, empty.
    package func takeBack(_ id: TenantID) async throws {
        guard rows.freesKeysAtOnce, let row = try await rows.find(id), row.placement.owner == residents.node,
            // Else it would be away for a moment.
            await residents.isUnwritten(id),
            let deleted = try await rows.deleteUnused(id, at: time.wall()), deleted.state == .deleted
        else { return }
        forget(deleted)
        guard try await residents.dropUnwritten(id) else {
            guard let back = try await rows.undelete(id, at: time.wall()) else { return }
            forget(back)
            if back.state == .creating { forget(try await residents.takeUp(back)) }
            return
        }
        _ = try await residents.purge(deleted)
        forget(deleted)
    }

    private func purgeAtOwner(_ row: TenantRow) async throws {
        do {
            try await peers.purge(row.id, at: try await address(of: row.placement.owner))
        } catch PeerFailure.unreachable(let why) {
            // One that was never ready has nothing at its owner that anybody could miss.
            guard row.stateBefore == .creating, try await rows.abandon(row, at: time.wall()) else {
                throw PeerFailure.unreachable(why)
            }
        }
        forget(row)
    }

    func address(of node: NodeID) async throws -> String {
        guard let row = try await nodes.find(node), row.state != .fenced, !row.address.isEmpty else {
            throw PeerFailure.unreachable("node \(node) is not there")
        }
        return row.address
    }
}
