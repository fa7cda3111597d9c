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
        /// When the last piece came, or the tenant was opened.
        var heard: Instant
        /// The row of an opened tenant does not speak of this move any more.
        var isFinished = false
        /// The last batch of pages that was put into the copy.
        var batch: UInt64 = 0
    }

    let order: MoveOrder
    private let site: ArrivalSite
    private let state: Mutex<State>
    private let turnstile = Turnstile(bound: 1024)

    init(_ offer: MoveOffer, site: ArrivalSite) {
        order = offer.order
        self.site = site
        state = Mutex(
            State(machine: ArrivalMachine(offer.order, version: offer.version), heard: site.time.monotonic()))
    }

    /// One that an earlier process had answered for.
    init(_ manifest: ArrivalManifest, site: ArrivalSite) {
        order = MoveOrder(
            id: manifest.move, tenant: manifest.tenant, source: manifest.source, target: manifest.target,
            epoch: manifest.epoch)
        self.site = site
        let machine = ArrivalMachine(order, version: manifest.version, synced: MovePosition(manifest.state))
        state = Mutex(State(machine: machine, manifest: manifest, heard: site.time.monotonic()))
    }

    var machineState: ArrivalMachine.State { state.withLock { $0.machine.state } }

    /// Open, dropped, or for an operator: there is no copy on its way any more.
    var isDone: Bool {
        switch machineState {
        case .open, .discarded, .halted: true
        default: false
        }
    }

    /// Bytes of the copy are read or written. One that was answered for only waits for its row, for as long as its source
    /// is away, and is in nobody's way.
    var isComing: Bool {
        switch machineState {
        case .waiting, .receiving, .syncing, .verifying, .following: true
        default: false
        }
    }

    /// Nothing more will happen.
    var isOver: Bool {
        switch machineState {
        case .open: state.withLock { $0.isFinished }
        default: isDone
        }
    }

    var position: MovePosition? {
        if case .ready(let position) = machineState { position } else { nil }
    }

    private func handle(_ event: ArrivalEvent) -> ArrivalAction { state.withLock { $0.machine.handle(event) } }

    // MARK: Coming in

    /// Takes the next piece of the copy. One that is here already is not looked at again.
    ///
    /// - Throws: `ArrivalRefusal`; whatever else went wrong, and the copy is dropped then.
    func take(_ piece: [UInt8], at offset: Int64, of offer: MoveOffer) async throws {
        let isDone: Void? = try await turnstile.pass {
            if position != nil || isFollowing { return }
            let file = try await begun(offer)
            guard offset <= file.receivedBytes else { throw ArrivalRefusal.gap }
            guard offset + Int64(piece.count) > file.receivedBytes else { return }
            guard offset == file.receivedBytes else { throw ArrivalRefusal.gap }
            do { try await file.append(piece) } catch { throw await drop(error) }
            noteHeard()
        }
        if isDone == nil { throw ArrivalRefusal.busy }
    }

    private func begun(_ offer: MoveOffer) async throws -> TenantArrival {
        if let file = state.withLock({ $0.file }) { return file }
        guard handle(.offered) == .receiveBase else { throw ArrivalRefusal.ended }
        do {
            let file = try await site.engine.beginArrival(
                of: order.tenant, offer.state, isFollowed: order.copying == .thenTail)
            state.withLock { $0.file = file }
            return file
        } catch {
            throw await drop(error)
        }
    }

    /// Every piece is here: syncs the copy and reads it back. One that is not followed is written down as here then, and can be
    /// answered for when this returns.
    ///
    /// - Throws: as `take`.
    func finish(_ offer: MoveOffer) async throws {
        let isDone: Void? = try await turnstile.pass {
            if position != nil || isFollowing { return }
            guard let file = state.withLock({ $0.file }), handle(.baseReceived) == .syncBase else {
                throw ArrivalRefusal.ended
            }
            do {
                switch order.copying {
                case .whileFrozen: try await finishWhole(file, offer)
                case .thenTail: try await finishBase(file)
                }
            } catch {
                throw await drop(error)
            }
        }
        if isDone == nil { throw ArrivalRefusal.busy }
    }

    private func finishWhole(_ file: TenantArrival, _ offer: MoveOffer) async throws {
        try await file.sync()
        guard handle(.baseSynced) == .verify else { throw ArrivalRefusal.ended }
        try await answer(offer, try await file.verify()) { .verified($0) }
    }

    private func finishBase(_ file: TenantArrival) async throws {
        guard handle(.baseSynced) == .verify else { throw ArrivalRefusal.ended }
        try await file.beginFollowing()
        guard handle(.baseVerified) == .follow else { throw ArrivalRefusal.ended }
        noteHeard()
    }

    private var isFollowing: Bool { machineState == .following }
    private func noteHeard() { state.withLock { $0.heard = site.time.monotonic() } }

    /// Takes the next batch of pages that have changed. One that is here already is not looked at again.
    ///
    /// - Throws: as `take`.
    func follow(_ batch: PageBatch, _ number: UInt64) async throws {
        let isDone: Void? = try await turnstile.pass {
            if position != nil { return }
            guard isFollowing, let file = state.withLock({ $0.file }) else { throw ArrivalRefusal.ended }
            let last = state.withLock { $0.batch }
            guard number > last else { return }
            guard number == last + 1 else { throw ArrivalRefusal.gap }
            do { try await file.put(batch) } catch { throw await drop(error) }
            state.withLock { $0.batch = number }
            noteHeard()
        }
        if isDone == nil { throw ArrivalRefusal.busy }
    }

    /// Where the copy stands. One that is followed is sealed: the offer says what it has to be.
    ///
    /// - Throws: as `take`.
    func position(_ offer: MoveOffer) async throws -> MovePosition {
        let isDone: Void? = try await turnstile.pass {
            guard isFollowing, let file = state.withLock({ $0.file }) else { return }
            do {
                try await answer(offer, try await file.seal(offer.state)) { .tailSynced($0) }
            } catch {
                throw await drop(error)
            }
        }
        if isDone == nil { throw ArrivalRefusal.busy }
        guard let position else { throw ArrivalRefusal.unknown }
        return position
    }

    /// - Returns: the error again.
    private func drop(_ error: any Error) async -> any Error {
        await follow(.failed("\(error)"))
        return error
    }

    /// The manifest is durable before anybody hears the position.
    private func answer(
        _ offer: MoveOffer, _ found: TenantState, _ event: (MovePosition) -> ArrivalEvent
    ) async throws {
        let position = MovePosition(found)
        let manifest = ArrivalManifest(
            move: order.id, tenant: order.tenant, source: order.source, target: order.target, epoch: order.epoch,
            version: offer.version, state: found, isSuspect: position != MovePosition(offer.state))
        try await site.engine.record(manifest)
        state.withLock { $0.manifest = manifest }
        guard handle(event(position)) == .answer(position) else { throw ArrivalRefusal.ended }
    }

    // MARK: Going on

    /// Handles an event and everything that follows from it, up to where something has to be waited for.
    func advance(_ event: ArrivalEvent) async {
        _ = await turnstile.pass { await follow(event) }
    }

    private func follow(_ event: ArrivalEvent) async { await follow(handle(event)) }

    private func follow(_ first: ArrivalAction) async {
        var action = first
        while let next = await perform(action) { action = handle(next) }
    }

    /// The clock: a copy that was answered for looks at the row, one whose epoch could not be written tries again, one from
    /// which nothing more comes is dropped.
    ///
    /// - Parameter waits: false for the clock, which has others to look at while this one is being read back.
    func tick(waits: Bool = true) async {
        if waits {
            _ = await turnstile.pass { await look() }
        } else {
            _ = await turnstile.passIfFree { await look() }
        }
    }

    private func look() async {
        switch machineState {
        case .persisting(_, let epoch): await follow(.persistEpoch(epoch))
        case .ready: await follow(.timeout)
        case .waiting, .receiving, .syncing, .verifying, .following:
            // A source that was killed says nothing more, but its next process ends the move in the catalog.
            if isSilent(for: isFollowing ? site.budgets.followSilence : site.budgets.silence) {
                await follow(.timeout)
            } else if isSilent(for: site.budgets.quiet) {
                await follow(.hint)
            }
        case .open(let epoch): await finishRow(epoch)
        case .discarded, .halted: break
        }
    }

    /// The source finishes the row. One that died first has this done for it.
    private func finishRow(_ epoch: Epoch) async {
        guard let row = try? await site.placements.find(order.tenant) else { return }
        guard row.state == .moving, row.move == order.id, row.epoch == epoch else {
            return state.withLock { $0.isFinished = true }
        }
        guard site.time.monotonic().nanoseconds(since: state.withLock { $0.heard }) > site.budgets.finish else {
            return
        }
        _ = try? await site.placements.finish(row, at: site.time.wall())
    }

    private func isSilent(for bound: UInt64) -> Bool {
        site.time.monotonic().nanoseconds(since: state.withLock { $0.heard }) > bound
    }

    /// - Returns: nil where nothing follows for now.
    private func perform(_ action: ArrivalAction) async -> ArrivalEvent? {
        switch action {
        case .none, .receiveBase, .syncBase, .verify, .follow, .answer, .retryPersist: return nil
        // The catalog does not answer: the next tick asks again.
        case .readRow(let milliseconds) where milliseconds > 0: return nil
        case .readRow: return await readRow()
        case .persistEpoch(let epoch): return await adopt(epoch)
        case .open:
            state.withLock { $0.heard = site.time.monotonic() }
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
    /// A piece before this one is missing.
    case gap
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
