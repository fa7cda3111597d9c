package import Catalog
package import Routing
package import Seams
package import Tenants
package import Vocabulary

/// The tenants that live on this node: taken up on a fresh row, made when their row says so, dropped with it.
///
/// The row decides, the file follows: `creating` → the journal has the file → `ready`; `deleted` → after the window the file
/// goes → the row goes. Each step may be repeated, so a crash between any two is finished by the next request or start.
package final class Residents: Sendable {
    package let node: NodeID
    package let engine: TenantEngine
    package let book: OwnerBook
    private let tenants: TenantRows
    private let placements: PlacementRows
    private let templates: [String: Template]
    private let arrivals: any Arrivals
    private let time: any TimeSource

    /// - Parameter templates: by schema name; must have one named `default`.
    /// - Parameter arrivals: tenants that other nodes are sending.
    package init(
        node: NodeID, engine: TenantEngine, book: OwnerBook, store: CatalogStore, templates: [String: Template],
        arrivals: any Arrivals = NoArrivals(), time: any TimeSource
    ) {
        precondition(templates["default"] != nil, "there is always a default template")
        self.node = node
        self.engine = engine
        self.book = book
        self.templates = templates
        self.arrivals = arrivals
        self.time = time
        tenants = TenantRows(store)
        placements = PlacementRows(store)
    }

    /// Reads the tenant's row afresh and takes it up (rule R7); makes its file where its creation was cut short.
    ///
    /// - Returns: the row under which this process now holds it.
    package func takeUp(_ id: TenantID) async throws(ResidentsError) -> TenantRow {
        guard let row = try await read(id) else { throw .notFound }
        return try await takeUp(row)
    }

    /// The same from a row that was read after the need arose.
    package func takeUp(_ row: TenantRow) async throws(ResidentsError) -> TenantRow {
        guard row.state != .deleted else { throw .deleted }
        // Before anybody is told that it is here: what lies here may be a copy of an earlier stay.
        try await requireFile(row)
        var row = row
        switch book.takeUp(row) {
        case .taken: break
        case .notOwner(let refusal): throw .elsewhere(refusal)
        case .regressed:
            // The row may merely be old; a second look tells that from a catalog that has lost commits.
            guard let again = try await read(row.id) else { throw .notFound }
            row = again
            try await requireFile(row)
            if case .regressed(let error) = book.takeUp(again) { throw .catalog(error) }
        }
        if row.state == .creating { row = try await finishCreating(row) }
        return row
    }

    /// The file that belongs to the row's epoch: one that another node has sent is adopted now.
    private func requireFile(_ row: TenantRow) async throws(ResidentsError) {
        guard row.placement.owner == node, row.state != .creating, !hasFile(row.placement) else { return }
        let isArriving = await arrivals.settle(row.placement)
        guard hasFile(row.placement) else {
            if isArriving { throw .engine(.moving(row.id)) }
            throw .engine(.damaged(row.id, reason: "the catalog has its row, this node not its file"))
        }
    }

    private func hasFile(_ placement: Placement) -> Bool {
        engine.facts(of: placement.tenant)?.epoch == placement.epoch
    }

    /// Whether tenants of that schema can be made here.
    package func knows(schema: String) -> Bool { templates[schema] != nil }

    /// Makes the file of a row in state `creating` and marks it ready. Safe to repeat.
    package func finishCreating(_ row: TenantRow) async throws(ResidentsError) -> TenantRow {
        guard let template = templates[row.schema] else { throw .schemaUnknown(row.schema) }
        do {
            try await engine.create(row.id, template: template, epoch: row.placement.epoch)
        } catch TenantsError.alreadyExists {
            // An earlier attempt got this far.
        } catch {
            throw .engine(error as? TenantsError ?? .storage("\(error)"))
        }
        do throws(CatalogError) {
            guard let ready = try await tenants.markReady(row.id, at: time.wall()) else {
                throw CatalogError.damaged("row gone")
            }
            return ready
        } catch {
            throw .catalog(error)
        }
    }

    /// Finishes what an earlier process of this node left: creations cut short. Moves were settled by the lease's beginning.
    ///
    /// One whose schema is not configured any more is left as it is: it must not keep the others from being served.
    ///
    /// - Returns: how many were finished, and which were left.
    package func finishAll() async throws(ResidentsError) -> (finished: Int, left: [TenantRow]) {
        var finished = 0
        var left: [TenantRow] = []
        var last: TenantID?
        while true {
            let rows: [TenantRow]
            do throws(CatalogError) {
                rows = try await tenants.creating(ownedBy: node, after: last)
            } catch {
                throw .catalog(error)
            }
            guard let end = rows.last else { return (finished, left) }
            last = end.id
            for row in rows {
                guard knows(schema: row.schema) else {
                    left.append(row)
                    continue
                }
                _ = try await finishCreating(row)
                finished += 1
            }
        }
    }

    /// Drops the file of a deleted tenant, then its row. Safe to repeat. One that is being moved is left alone.
    package func purge(_ row: TenantRow) async throws(ResidentsError) -> TenantRows.PurgeOutcome {
        guard row.placement.state == .stable else { return .moving(row) }
        do {
            try await engine.drop(row.id)
        } catch TenantsError.notFound {
            // An earlier attempt got this far.
        } catch {
            throw .engine(error as? TenantsError ?? .storage("\(error)"))
        }
        book.forget(row.id)
        do throws(CatalogError) {
            return try await tenants.purge(row.id, at: time.wall())
        } catch {
            throw .catalog(error)
        }
    }

    /// Purges this node's tenants whose window has passed. One page a call.
    ///
    /// - Parameter recovery: milliseconds a deleted tenant is kept.
    package func purgeOverdue(recovery: Int64) async throws(ResidentsError) -> Int {
        let before = WallTime(milliseconds: time.wall().milliseconds - recovery)
        let rows: [TenantRow]
        do throws(CatalogError) {
            rows = try await tenants.deleted(before: before, ownedBy: node)
        } catch {
            throw .catalog(error)
        }
        for row in rows { _ = try await purge(row) }
        return rows.count
    }

    private func read(_ id: TenantID) async throws(ResidentsError) -> TenantRow? {
        do throws(CatalogError) { return try await tenants.find(id) } catch { throw .catalog(error) }
    }
}
