package import Catalog
package import Routing
package import Seams
package import Tenants
package import Vocabulary

/// The tenants that live on this node: taken up on a fresh row, made when their row says so, dropped with it.
///
/// The row decides, the file follows: `creating` → the journal has the file → `ready`; `deleted` → after the window
/// `purging` → the file goes → the row goes. Each step may be repeated, so a crash between any two is finished by the next
/// request or start.
package final class Residents: Sendable {
    package let node: NodeID
    package let engine: TenantEngine
    package let book: OwnerBook
    let tenants: TenantRows
    let leftovers: LeftoverRows
    private let placements: PlacementRows
    private let templates: [String: Template]
    private let arrivals: any Arrivals
    let time: any TimeSource
    private let capacity: Int

    /// - Parameter templates: by schema name; must have one named `default`.
    /// - Parameter arrivals: tenants that other nodes are sending.
    /// - Parameter capacity: tenants beyond which none are made here; those that come from other nodes are taken.
    package init(
        node: NodeID, engine: TenantEngine, book: OwnerBook, store: CatalogStore, templates: [String: Template],
        arrivals: any Arrivals = NoArrivals(), capacity: Int = .max, time: any TimeSource
    ) {
        precondition(templates["default"] != nil, "there is always a default template")
        self.node = node
        self.engine = engine
        self.book = book
        self.templates = templates
        self.arrivals = arrivals
        self.capacity = capacity
        self.time = time
        tenants = TenantRows(store)
        leftovers = LeftoverRows(store)
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
        guard row.state != .deleted, row.state != .purging else { throw .deleted }
        var row = row
        // Not held before it is ready: until then the creation may be given to another node.
        if row.state == .creating, row.placement.owner == node {
            row = try await finishCreating(row)
            // A sign-up has it, whose confirmation makes it ready: until then there is no such tenant.
            if row.state == .creating { throw .notFound }
        }
        // Before anybody is told that it is here: what lies here may be a copy of an earlier stay.
        try await requireFile(row)
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

    /// Whether tenants of this schema can be made here.
    package func knows(schema: String) -> Bool { templates[schema] != nil }

    /// Makes the file of a row in state `creating` and marks it ready, unless it belongs to a sign-up: then it stays as it is.
    /// Safe to repeat.
    ///
    /// - Throws: also `elsewhere` where the creation was given to another node meanwhile.
    package func finishCreating(_ row: TenantRow) async throws(ResidentsError) -> TenantRow {
        guard let template = templates[row.schema] else { throw .schemaUnknown(row.schema) }
        guard engine.tenantCount < capacity || hasFile(row.placement) else { throw .full }
        var isNew = false
        // Made when the creation was this node's once before: nobody has written to it.
        if let old = engine.facts(of: row.id)?.epoch, old < row.placement.epoch { try await clear(row.id, old) }
        do {
            try await engine.create(row.id, template: template, epoch: row.placement.epoch)
            isNew = true
        } catch TenantsError.alreadyExists {
            // An earlier attempt got this far.
        } catch {
            throw .engine(error as? TenantsError ?? .storage("\(error)"))
        }
        let ready: TenantRow?
        do throws(CatalogError) {
            ready = try await tenants.markReady(row.id, by: node, epoch: row.placement.epoch, at: time.wall())
        } catch {
            throw .catalog(error)
        }
        guard let ready else {
            // Taken back while the file was being made, which nobody who looked for it then has seen.
            try await clear(row.id, row.placement.epoch)
            throw .notFound
        }
        guard ready.placement.owner == node, ready.placement.epoch == row.placement.epoch else {
            // Made for a row that was old. One that has come from another node since has another epoch.
            if isNew { try await clear(row.id, row.placement.epoch) }
            throw .elsewhere(NotOwner(owner: ready.placement.owner, epoch: ready.placement.epoch))
        }
        return ready
    }

    /// What `finishAll` came to.
    package struct Finished: Sendable {
        package var creations = 0
        package var removals = 0
        /// Rows that stay as they are until somebody asks for them or the node starts again.
        package var failures: [(tenant: TenantID, error: ResidentsError)] = []
    }

    /// Finishes what an earlier process of this node left: creations and removals cut short. Moves were settled by the
    /// lease's beginning. One that cannot be finished keeps no other back, and not the node.
    ///
    /// - Throws: only what the catalog says.
    package func finishAll() async throws(ResidentsError) -> Finished {
        var finished = Finished()
        var last: TenantID?
        while let page = try await unfinished(
            after: last,
            { rows, last throws(CatalogError) in
                try await rows.creating(ownedBy: node, after: last)
            })
        {
            last = page.last?.id
            for row in page {
                do throws(ResidentsError) {
                    _ = try await finishCreating(row)
                    finished.creations += 1
                } catch {
                    finished.failures.append((row.id, error))
                }
            }
        }
        last = nil
        while let page = try await unfinished(
            after: last,
            { rows, last throws(CatalogError) in
                try await rows.purging(ownedBy: node, after: last)
            })
        {
            last = page.last?.id
            for row in page {
                do throws(ResidentsError) {
                    if case .purged = try await purge(row) { finished.removals += 1 }
                } catch {
                    finished.failures.append((row.id, error))
                }
            }
        }
        return finished
    }

    /// One page; nil at the end.
    private func unfinished(
        after last: TenantID?, _ page: (TenantRows, TenantID?) async throws(CatalogError) -> [TenantRow]
    ) async throws(ResidentsError) -> [TenantRow]? {
        do throws(CatalogError) {
            let rows = try await page(tenants, last)
            return rows.isEmpty ? nil : rows
        } catch {
            throw .catalog(error)
        }
    }

    package enum PurgeOutcome: Equatable, Sendable {
        /// File and row are gone.
        case purged
        case notDeleted(TenantRow)
        /// A move of it is under way, or another node owns it by now.
        case moving(TenantRow)
    }

    /// Removes a deleted tenant for good: turns its row first, so that nobody can bring it back any more, then drops the
    /// file, then the row. Safe to repeat.
    ///
    /// - Parameter deletedBefore: only if it was deleted before this.
    package func purge(
        _ row: TenantRow, deletedBefore: WallTime? = nil
    ) async throws(ResidentsError) -> PurgeOutcome {
        let begun: TenantRow
        do throws(CatalogError) {
            let outcome = try await tenants.beginPurge(
                row.id, ownedBy: node, deletedBefore: deletedBefore, at: time.wall())
            switch outcome {
            case .begun(let row): begun = row
            case .gone: return .purged
            case .notDeleted(let row): return .notDeleted(row)
            case .moving(let row): return .moving(row)
            }
        } catch {
            throw .catalog(error)
        }
        try await drop(begun)
        book.forget(row.id)
        do throws(CatalogError) {
            try await tenants.purge(row.id, at: time.wall())
        } catch {
            throw .catalog(error)
        }
        return .purged
    }

    /// Drops the file of a tenant that was never ready and whose row is gone. Safe to repeat.
    ///
    /// - Returns: false if it has a row.
    package func discard(_ id: TenantID) async throws(ResidentsError) -> Bool {
        guard try await read(id) == nil else { return false }
        guard engine.facts(of: id) != nil else { return true }
        book.forget(id)
        do {
            try await engine.drop(id)
        } catch TenantsError.notFound {
            // Somebody else was faster.
        } catch {
            throw .engine(error as? TenantsError ?? .storage("\(error)"))
        }
        return true
    }

    /// Whether nobody has written to it since it was made. Somebody may in the next moment.
    package func isUnwritten(_ id: TenantID) async -> Bool {
        (try? await engine.perform(on: id) { $0.bookmark.txid }) == TxID.none
    }

    /// Drops the file of a deleted tenant of this node, if nobody has ever written to it. Safe to repeat.
    ///
    /// - Returns: false, with nothing done, where somebody has.
    package func dropUnwritten(_ id: TenantID) async throws(ResidentsError) -> Bool {
        do {
            return try await engine.dropUnwritten(id)
        } catch TenantsError.notFound {
            return true
        } catch {
            throw .engine(error as? TenantsError ?? .storage("\(error)"))
        }
    }

    private func drop(_ row: TenantRow) async throws(ResidentsError) {
        if let epoch = engine.facts(of: row.id)?.epoch, epoch > row.placement.epoch {
            throw .catalog(.regressed(tenant: row.id, known: epoch, found: row.placement.epoch))
        }
        do {
            try await engine.drop(row.id)
        } catch TenantsError.notFound {
            // An earlier attempt got this far.
        } catch {
            throw .engine(error as? TenantsError ?? .storage("\(error)"))
        }
    }

    /// Purges this node's tenants whose window has passed. One page a call; one that cannot be purged keeps no other back.
    ///
    /// - Parameter recovery: milliseconds a deleted tenant is kept.
    /// - Returns: how many there were.
    /// - Throws: what the last one failed with that did.
    package func purgeOverdue(recovery: Int64) async throws(ResidentsError) -> Int {
        let before = WallTime(milliseconds: time.wall().milliseconds - recovery)
        let rows: [TenantRow]
        do throws(CatalogError) {
            rows = try await tenants.deleted(before: before, ownedBy: node)
        } catch {
            throw .catalog(error)
        }
        var failure: ResidentsError?
        for row in rows {
            do throws(ResidentsError) { _ = try await purge(row, deletedBefore: before) } catch { failure = error }
        }
        if let failure { throw failure }
        return rows.count
    }

    func read(_ id: TenantID) async throws(ResidentsError) -> TenantRow? {
        do throws(CatalogError) { return try await tenants.find(id) } catch { throw .catalog(error) }
    }
}
