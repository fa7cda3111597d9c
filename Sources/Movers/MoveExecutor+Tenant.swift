import Catalog
import Rebalancing
import Routing
import Seams
import Tenants
import Vocabulary

/// The steps that concern the tenant on this node, and its copy on the other.
extension MoveExecutor {
    func freeze(_ memory: inout Memory) async -> MoveEvent {
        memory.isHeld = true
        memory.heldSince = site.time.monotonic()
        site.book.turn(order.tenant, epoch: order.epoch, to: .writesParked)
        guard site.book.holding(order.tenant)?.phase == .writesParked else {
            return .freezeFailed("this node does not hold the tenant any more")
        }
        let (site, order, ends) = (site, order, onTransaction == .abort)
        let outcome = await bounded(site.budgets.freeze) {
            try await site.engine.freeze(
                order.tenant, patience: site.budgets.transactionPatience, endingTransactions: ends,
                sleep: site.sleep)
        }
        switch outcome {
        case .done(let state):
            guard state.epoch == order.epoch else {
                return .freezeFailed("its file is of epoch \(state.epoch), its row of \(order.epoch)")
            }
            memory.frozen = state
            return .frozen(MovePosition(state))
        case .failed(let error): return .freezeFailed("\(error)")
        case .timeout: return .timeout
        case .cancelled: return .cancel
        }
    }

    func parkReads(_ memory: Memory) async -> MoveEvent {
        site.book.turn(order.tenant, epoch: order.epoch, to: .allParked)
        let (site, order, ends) = (site, order, onTransaction == .abort)
        let outcome = await bounded(site.budgets.parkReads) {
            try await site.engine.parkReads(
                order.tenant, patience: site.budgets.readPatience, endingReads: ends, sleep: site.sleep)
        }
        switch outcome {
        case .done: return .readsParked
        case .failed, .timeout: return .timeout
        case .cancelled: return .cancel
        }
    }

    /// The tenant stays: what is parked runs here. Harmless where nothing is parked.
    func resume(_ memory: inout Memory, _ reason: MoveAbort) async {
        guard memory.isHeld else { return }
        if case .copiesDiffer = reason, let state = memory.frozen,
            let isSound = try? await site.engine.audit(order.tenant, state), !isSound
        {
            site.notice(.sourceDamaged(order))
        }
        await thaw()
        site.book.turn(order.tenant, epoch: order.epoch, to: .serving)
        site.parked.settle(order.tenant)
        await noteEnd(&memory)
    }

    /// A full queue has room again in a moment. An engine that refuses it otherwise is shutting down.
    private func thaw() async {
        while true {
            do {
                return try await site.engine.thaw(order.tenant)
            } catch TenantsError.busy {
                do { try await site.sleep(Self.thawPause) } catch { return }
            } catch {
                return
            }
        }
    }

    private static let thawPause: UInt64 = 20_000_000

    /// The tenant has gone: what is parked goes after it, the copy here is put away.
    func release(_ row: Placement, _ memory: inout Memory) async -> MoveEvent {
        site.book.turn(order.tenant, epoch: order.epoch, to: .released(owner: row.owner, epoch: row.epoch))
        site.cache.learn(owner: row.owner, epoch: row.epoch, of: order.tenant)
        await hint(memory)
        site.parked.settle(order.tenant)
        await noteEnd(&memory)
        do {
            try await site.engine.entomb(order.tenant, upTo: order.epoch)
        } catch {
            site.notice(.tombstoneFailed(order, "\(error)"))
        }
        return .released
    }

    /// Nothing is parked any more.
    private func noteEnd(_ memory: inout Memory) async {
        memory.isHeld = false
        guard let since = memory.heldSince else { return }
        memory.pause = Int64(site.time.monotonic().nanoseconds(since: since) / 1_000_000)
        try? await site.moves.paused(
            order.id, milliseconds: memory.pause, bytes: memory.bytes, at: site.time.wall())
    }

    /// So that the target has opened the tenant before the parked requests come; else they wait there for a moment.
    func hint(_ memory: Memory) async {
        guard let state = memory.frozen ?? memory.followed?.state else { return }
        let offer = MoveOffer(order: order, version: memory.version, state: state)
        let (site, address) = (site, address)
        _ = await bounded(site.budgets.hint) {
            try await site.peers.hint(offer, at: address, timeout: .nanoseconds(Int64(site.budgets.hint)))
        }
    }

    // MARK: Budgets

    enum Bounded<Value: Sendable>: Sendable {
        case done(Value)
        case failed(any Error)
        case timeout
        case cancelled
    }

    /// A step with its budget. When this returns the step has ended, one way or the other.
    func bounded<Value: Sendable>(
        _ budget: UInt64, _ step: @escaping @Sendable () async throws -> Value
    ) async -> Bounded<Value> {
        let (control, sleep) = (control, site.sleep)
        return await withTaskGroup(of: Bounded<Value>.self) { group in
            group.addTask { do { return .done(try await step()) } catch { return .failed(error) } }
            group.addTask {
                try? await sleep(budget)
                return .timeout
            }
            group.addTask {
                await control.whenCancelled()
                return .cancelled
            }
            let first = await group.next() ?? .timeout
            group.cancelAll()
            return first
        }
    }

    static func failure<Value>(_ outcome: Bounded<Value>) -> MoveEvent {
        switch outcome {
        case .done: .timeout
        case .failed(let error as FollowFailure): .sourceFailed(error.description)
        case .failed(let error as TenantsError): .sourceFailed("\(error)")
        case .failed(let error): .targetFailed("\(error)")
        case .timeout: .timeout
        case .cancelled: .cancel
        }
    }

    func report(_ state: MoveRow.State, bytes: Int64) async {
        try? await site.moves.progress(order.id, state: state, bytes: bytes, at: site.time.wall())
    }
}
