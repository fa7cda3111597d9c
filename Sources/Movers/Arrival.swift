import Catalog
import Rebalancing
import Seams
import Synchronization
import Tenants
import Vocabulary

/// One copy on its way to this node: the shell around its machine. Events are handled one at a time.
final class Arrival: Sendable {
    private struct State {
        var machine: ArrivalMachine
        /// Of the whole copy, once it is read back.
        var manifest: ArrivalManifest?
        /// While the copy comes in.
        var file: TenantArrival?
    }

    let order: MoveOrder
    private let site: ArrivalSite
    private let state: Mutex<State>
    private let turnstile = Turnstile()

    init(_ offer: MoveOffer, site: ArrivalSite) {
        order = offer.order
        self.site = site
        state = Mutex(State(machine: ArrivalMachine(offer.order, version: offer.version)))
    }

    /// One that an earlier process had answered for.
    init(_ manifest: ArrivalManifest, site: ArrivalSite) {
        order = MoveOrder(
            id: manifest.move, tenant: manifest.tenant, source: manifest.source, target: manifest.target,
            epoch: manifest.epoch)
        self.site = site
        let machine = ArrivalMachine(order, version: manifest.version, synced: MovePosition(manifest.state))
        state = Mutex(State(machine: machine, manifest: manifest))
    }

    var machineState: ArrivalMachine.State { state.withLock { $0.machine.state } }

    /// Open, dropped, or for an operator: nothing more will happen.
    var isOver: Bool {
        switch machineState {
        case .open, .discarded, .halted: true
        default: false
        }
    }

    var position: MovePosition? {
        if case .ready(let position) = machineState { position } else { nil }
    }

    private func handle(_ event: ArrivalEvent) -> ArrivalAction { state.withLock { $0.machine.handle(event) } }

    // MARK: Coming in

    /// Takes the whole copy in: writes, syncs, reads back, compares, and writes down that it is here. When it returns the
    /// copy can be answered for. Of two calls at once one is refused.
    ///
    /// - Throws: whatever went wrong; the copy is dropped then.
    func receive<Pages: AsyncSequence & Sendable>(_ offer: MoveOffer, _ pages: Pages) async throws
    where Pages.Element == [UInt8] {
        guard handle(.offered) == .receiveBase else { throw ArrivalRefusal.busy }
        do {
            let file = try await site.engine.beginArrival(of: order.tenant, offer.state)
            state.withLock { $0.file = file }
            try await fill(file, pages)
            guard handle(.baseReceived) == .syncBase else { throw ArrivalRefusal.ended }
            try await file.sync()
            guard handle(.baseSynced) == .verify else { throw ArrivalRefusal.ended }
            try await answer(offer, try await file.verify())
        } catch {
            await advance(.failed("\(error)"))
            throw error
        }
    }

    private func fill<Pages: AsyncSequence & Sendable>(_ file: TenantArrival, _ pages: Pages) async throws
    where Pages.Element == [UInt8] {
        let site = site
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for try await piece in pages { try await file.append(piece) }
                return true
            }
            group.addTask {
                var before: Int64 = -1
                while file.receivedBytes != before {
                    before = file.receivedBytes
                    try await site.sleep(site.budgets.silence)
                }
                throw ArrivalRefusal.silent
            }
            defer { group.cancelAll() }
            _ = try await group.next()
        }
    }

    /// The manifest is durable before anybody hears the position.
    private func answer(_ offer: MoveOffer, _ found: TenantState) async throws {
        let position = MovePosition(found)
        let manifest = ArrivalManifest(
            move: order.id, tenant: order.tenant, source: order.source, target: order.target, epoch: order.epoch,
            version: offer.version, state: found, isSuspect: position != MovePosition(offer.state))
        try await site.engine.record(manifest)
        state.withLock { $0.manifest = manifest }
        guard handle(.verified(position)) == .answer(position) else { throw ArrivalRefusal.ended }
    }

    // MARK: Going on

    /// Handles an event and everything that follows from it, up to where something has to be waited for.
    func advance(_ event: ArrivalEvent) async {
        _ = await turnstile.pass {
            var action = handle(event)
            while let next = await perform(action) { action = handle(next) }
        }
    }

    /// The clock: a copy that was answered for looks at the row, one whose epoch could not be written tries again.
    func tick() async {
        _ = await turnstile.pass {
            var action: ArrivalAction
            if case .persisting(_, let epoch) = machineState {
                action = .persistEpoch(epoch)
            } else if case .ready = machineState {
                action = handle(.timeout)
            } else {
                return
            }
            while let next = await perform(action) { action = handle(next) }
        }
    }

    /// - Returns: nil where nothing follows for now.
    private func perform(_ action: ArrivalAction) async -> ArrivalEvent? {
        switch action {
        case .none, .receiveBase, .syncBase, .verify, .answer, .retryPersist: return nil
        // The catalog does not answer: the next tick asks again.
        case .readRow(let milliseconds) where milliseconds > 0: return nil
        case .readRow: return await readRow()
        case .persistEpoch(let epoch): return await adopt(epoch)
        case .open:
            site.notice(.arrived(order))
            return nil
        case .discard(let why):
            await discard()
            site.notice(.discarded(order, why))
            return nil
        case .halt(let why):
            site.notice(.halted(order, why))
            return nil
        }
    }

    private func readRow() async -> ArrivalEvent {
        do throws(CatalogError) {
            return .rowSeen(try await site.placements.find(order.tenant))
        } catch {
            return .rowUnreadable
        }
    }

    private func adopt(_ epoch: Epoch) async -> ArrivalEvent {
        guard let manifest = state.withLock({ $0.manifest }) else { return .failed("no manifest") }
        do {
            _ = try await site.engine.adopt(order.tenant, manifest.state, epoch: epoch)
        } catch {
            return .failed("\(error)")
        }
        state.withLock { $0.file = nil }
        await site.engine.forgetArrival(manifest)
        return .epochPersisted
    }

    private func discard() async {
        let (file, manifest) = state.withLock { state in
            defer { state.file = nil }
            return (state.file, state.manifest)
        }
        guard let generation = manifest?.state.generation ?? file?.expected.generation else { return }
        await site.engine.discardArrival(of: order.tenant, generation, keeping: manifest?.isSuspect ?? false)
    }
}

/// Why a copy is not taken in, or not to its end.
package enum ArrivalRefusal: Error, Equatable, Sendable {
    /// As many copies as a node takes in at once, or this one is coming in already.
    case busy
    /// The row does not say that this tenant comes here by this move.
    case notExpected
    /// No such copy was ever begun here, or it was dropped.
    case unknown
    /// The move ended while its copy came in.
    case ended
    /// No bytes came for too long.
    case silent
    case catalogUnavailable(String)
}

/// What all arrivals at a node share.
struct ArrivalSite: Sendable {
    let node: NodeID
    let engine: TenantEngine
    let store: CatalogStore
    let time: any TimeSource
    let sleep: Sleep
    let budgets: MoveBudgets
    let notice: @Sendable (MoveNotice) -> Void

    var placements: PlacementRows { PlacementRows(store) }
}
