package import Catalog
package import Rebalancing
import Residents
package import Seams
import Synchronization
package import Tenants
package import Vocabulary

/// The moves into this node.
///
/// A copy that was answered for is kept, and its row looked at again and again, until the row says whose the tenant is.
package final class ArrivalService: Arrivals {
    private let site: ArrivalSite
    private let arrivals = Mutex<[String: Arrival]>([:])

    package init(
        node: NodeID, engine: TenantEngine, store: CatalogStore, time: any TimeSource, sleep: @escaping Sleep,
        budgets: MoveBudgets = MoveBudgets(), notice: @escaping @Sendable (MoveNotice) -> Void = { _ in }
    ) {
        site = ArrivalSite(
            node: node, engine: engine, store: store, time: time, sleep: sleep, budgets: budgets, notice: notice)
    }

    /// Finds the copies that an earlier process had answered for. To be called before anything is served.
    ///
    /// - Throws: `TenantsError`.
    package func recover() async throws {
        for manifest in try await site.engine.recordedArrivals() {
            let known = site.engine.facts(of: manifest.tenant)
            if let known, known.epoch > manifest.epoch {
                await forget(manifest, known)
            } else {
                arrivals.withLock { $0[manifest.move] = Arrival(manifest, site: site) }
            }
        }
    }

    /// Adopted already, or of a stay long past.
    private func forget(_ manifest: ArrivalManifest, _ known: TenantState) async {
        if known.generation == manifest.state.generation {
            await site.engine.forgetArrival(manifest)
        } else {
            await site.engine.discardArrival(
                of: manifest.tenant, manifest.state.generation, keeping: manifest.isSuspect)
        }
    }

    /// Looks at the rows of the copies that are here, until the task is cancelled.
    package func run() async {
        while true {
            for arrival in all { await arrival.tick(waits: false) }
            tidy()
            do { try await site.sleep(site.budgets.look) } catch { return }
        }
    }

    private var all: [Arrival] { arrivals.withLock { $0.sorted { $0.key < $1.key }.map(\.value) } }

    private func tidy() { arrivals.withLock { $0 = $0.filter { !$0.value.isOver } } }

    // MARK: Calls of the source

    /// Takes a piece of a copy. Repeating it is harmless.
    ///
    /// - Throws: `ArrivalRefusal`, `ArrivalFailure`, `TenantsError`.
    package func take(_ piece: [UInt8], at offset: Int64, of offer: MoveOffer) async throws {
        var arrival = try find(offer)
        if arrival == nil {
            guard offset == 0 else { throw ArrivalRefusal.unknown }
            try await expect(offer)
            arrival = try await admit(offer)
        }
        try await arrival?.take(piece, at: offset, of: offer)
    }

    /// Every piece was sent: when it returns the copy is synced and read back. Repeating it is harmless.
    ///
    /// - Throws: as `take`.
    package func finish(_ offer: MoveOffer) async throws {
        guard let arrival = try find(offer) else { throw ArrivalRefusal.unknown }
        try await arrival.finish(offer)
    }

    /// Takes pages that have changed since the base was read. Repeating it is harmless.
    ///
    /// - Parameter number: of the batch, from 1.
    /// - Throws: as `take`.
    package func follow(_ batch: PageBatch, _ number: UInt64, of offer: MoveOffer) async throws {
        guard let arrival = try find(offer) else { throw ArrivalRefusal.unknown }
        try await arrival.follow(batch, number)
    }

    /// - Throws: `.notExpected` where the move is known and is another.
    private func find(_ offer: MoveOffer) throws(ArrivalRefusal) -> Arrival? {
        guard let known = find(offer.order.id) else { return nil }
        guard known.order.isSameMove(as: offer.order) else { throw .notExpected }
        return known
    }

    /// The row must say that this tenant comes here by this move.
    private func expect(_ offer: MoveOffer) async throws(ArrivalRefusal) {
        let row: Placement?
        do throws(CatalogError) {
            row = try await site.placements.find(offer.order.tenant)
        } catch {
            throw .catalogUnavailable(error.description)
        }
        guard let row, row.state == .moving, row.move == offer.order.id, row.version == offer.version,
            row.target == site.node, row.owner == offer.order.source, row.epoch == offer.order.epoch
        else { throw .notExpected }
    }

    private func admit(_ offer: MoveOffer) async throws(ArrivalRefusal) -> Arrival {
        // An earlier move of the same tenant has ended, since this one was prepared: its copy goes first.
        for old in all where old.order.tenant == offer.order.tenant && old.order.id != offer.order.id {
            await old.advance(.hint)
        }
        tidy()
        let admitted: Arrival? = arrivals.withLock { arrivals in
            // The same piece, twice at once.
            if let known = arrivals[offer.order.id] { return known }
            let here = arrivals.values.filter { !$0.isDone }
            guard here.count(where: \.isComing) < site.budgets.movesIn, here.count < site.budgets.copiesHeld,
                !here.contains(where: { $0.order.tenant == offer.order.tenant })
            else { return nil }
            let fresh = Arrival(offer, site: site)
            arrivals[offer.order.id] = fresh
            return fresh
        }
        guard let admitted else { throw .busy }
        return admitted
    }

    /// Where the copy stands. One that is followed has everything now: it is sealed first.
    ///
    /// - Throws: as `take`.
    package func position(_ offer: MoveOffer) async throws -> MovePosition {
        guard let arrival = try find(offer) else { throw ArrivalRefusal.unknown }
        return try await arrival.position(offer)
    }

    /// Somebody says that the row has changed. When it returns the row was looked at, if it could be.
    package func hint(_ move: String) async {
        guard let arrival = find(move) else { return }
        await arrival.advance(.hint)
        tidy()
    }

    private func find(_ move: String) -> Arrival? { arrivals.withLock { $0[move] } }

    // MARK: Arrivals

    package func settle(_ row: Placement) async -> Bool {
        guard let arrival = all.first(where: { $0.order.tenant == row.tenant && !$0.isDone }) else { return false }
        await arrival.advance(.rowSeen(row))
        // An epoch that could not be written before is tried again now.
        if !arrival.isDone { await arrival.tick() }
        return true
    }
}
