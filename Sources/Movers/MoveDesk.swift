package import Catalog
import Rebalancing
import Residents
import Routing
package import Seams
import Synchronization
import Tenants
import Vocabulary

/// The moves out of this node: begins them, runs them, and lets them be cancelled.
///
/// What a move has done stands in the catalog; what is here is only who is at it. A process that ends forgets it, and the
/// next one ends the moves before it serves anything (rule R2).
package final class MoveDesk: Sendable {
    private struct Entry {
        let move: String
        let control: MoveControl
    }

    private struct Job: Sendable {
        let executor: MoveExecutor
        /// Whose move it is.
        let author: AuditAuthor?
        let began: CheckedContinuation<MoveRefusal?, Never>
    }

    private struct State {
        var entries: [TenantID: Entry] = [:]
        /// Begun, not yet taken up by `run`. No more than there are entries.
        var jobs: [Job] = []
        /// While `run` runs.
        var isOpen = false
    }

    /// Between two looks at whether a cancelled move has ended, and how often.
    private static let look: UInt64 = 20_000_000
    private static let looks = 500
    /// The row is read once more after each attempt, which tells what came of it.
    private static let withdrawals = 3

    let site: MoveSite
    private let state = Mutex(State())
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    package init(_ site: MoveSite) {
        self.site = site
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Runs the moves that are begun, until the task is cancelled. To be called once.
    package func run() async {
        state.withLock { $0.isOpen = true }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepHouse() }
            group.addTask { await self.watchOrphans() }
            for await _ in bell {
                for job in takeJobs() { group.addTask { await self.run(job) } }
            }
        }
        state.withLock { $0.isOpen = false }
        for job in takeJobs() { job.began.resume(returning: .stopping) }
    }

    private func takeJobs() -> [Job] {
        state.withLock { state in
            defer { state.jobs = [] }
            return state.jobs
        }
    }

    private func run(_ job: Job) async {
        await AuditAuthor.$current.withValue(job.author ?? AuditAuthor.current) {
            await job.executor.run { job.began.resume(returning: $0) }
        }
        release(job.executor.order)
    }

    // MARK: Begin

    /// Begins a move of a tenant that this node owns. When it returns the row says where the tenant goes, and this node is
    /// at it.
    ///
    /// - Returns: the move's id.
    /// - Throws: `MoveRefusal`; nothing has changed then, but for `.catalog(.outcomeUnknown)`.
    package func begin(_ request: MoveRequest) async throws(MoveRefusal) -> String {
        if let id = request.id, try await isBegun(id) { return id }
        let row = try await ownRow(request)
        let address = try await address(of: request.target)
        let order = MoveOrder(
            id: request.id ?? Self.freshID(site.random), tenant: row.id, source: site.node, target: request.target,
            epoch: row.placement.epoch, copying: copying(of: row.id))
        let control = try reserve(order)
        let executor = MoveExecutor(
            order: order, version: row.placement.version, onTransaction: request.onTransaction, address: address,
            site: site, control: control)
        let refusal = await withCheckedContinuation { began in
            let isTaken = state.withLock { state in
                if state.isOpen {
                    state.jobs.append(Job(executor: executor, author: AuditAuthor.current, began: began))
                }
                return state.isOpen
            }
            if isTaken { ring.yield() } else { began.resume(returning: .stopping) }
        }
        if let refusal {
            release(order)
            throw refusal
        }
        return order.id
    }

    /// A small one is sent faster than its changes can be followed.
    private func copying(of tenant: TenantID) -> MoveOrder.Copying {
        (site.engine.facts(of: tenant)?.pageCount ?? 0) > site.budgets.tailPages ? .thenTail : .whileFrozen
    }

    /// The tenant's row, read afresh and taken up, with no move in it.
    private func ownRow(_ request: MoveRequest) async throws(MoveRefusal) -> TenantRow {
        var row = try await read(request.tenant)
        if row.placement.state == .moving {
            try await endOrphan(row.placement)
            row = try await read(request.tenant)
        }
        let placement = row.placement
        guard placement.owner == site.node else {
            throw .elsewhere(NotOwner(owner: placement.owner, epoch: placement.epoch))
        }
        guard request.target != site.node else { throw .alreadyThere }
        guard placement.state == .stable else { throw .inProgress(placement.move) }
        guard request.version == nil || request.version == placement.version else { throw .differs }
        guard row.state != .creating, row.state != .deleted, row.state != .purging else { throw .notMovable }
        do throws(ResidentsError) {
            // So that the book holds it: its phases are what parks requests.
            return try await site.residents.takeUp(row)
        } catch {
            throw .notServed("\(error)")
        }
    }

    private func read(_ tenant: TenantID) async throws(MoveRefusal) -> TenantRow {
        let row: TenantRow?
        do throws(CatalogError) { row = try await TenantRows(site.store).find(tenant) } catch { throw .catalog(error) }
        guard let row else { throw .tenantNotFound }
        return row
    }

    /// A moving row of ours with a move that nobody here is at: its prepare came so late that its source had given up.
    func endOrphan(_ row: Placement) async throws(MoveRefusal) {
        guard row.owner == site.node, let move = row.move, !isAt(move) else { return }
        do throws(CatalogError) {
            _ = try await site.placements.abort(row, reason: "nobody was at it any more", at: site.time.wall())
        } catch {
            throw .catalog(error)
        }
    }

    private func address(of node: NodeID) async throws(MoveRefusal) -> String {
        do throws(CatalogError) {
            if let row = try await NodeRows(site.store).find(node), row.state == .up, !row.address.isEmpty {
                return row.address
            }
        } catch {
            throw .catalog(error)
        }
        throw .targetNotUp
    }

    /// - Parameter random: of a request that is done once, so that its repetitions name the same move.
    package static func freshID(_ random: any RandomSource) -> String {
        let digits = String(random.next(), radix: 16)
        return "mv-" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// Where another call is just beginning it, its row is waited for.
    private func isBegun(_ id: String) async throws(MoveRefusal) -> Bool {
        for _ in 0..<Self.looks {
            let isUnderWay = isAt(id)
            if try await isKnown(id) { return true }
            guard isUnderWay else { return false }
            do { try await site.sleep(Self.look) } catch { return false }
        }
        return false
    }

    private func isKnown(_ id: String) async throws(MoveRefusal) -> Bool {
        do throws(CatalogError) { return try await MoveRows(site.store).find(id) != nil } catch {
            throw .catalog(error)
        }
    }

    private func reserve(_ order: MoveOrder) throws(MoveRefusal) -> MoveControl {
        let control = MoveControl()
        let refusal: MoveRefusal? = state.withLock { state in
            guard state.isOpen else { return .stopping }
            if let entry = state.entries[order.tenant] { return .inProgress(entry.move) }
            guard state.entries.count < site.budgets.movesOut else { return .tooMany }
            state.entries[order.tenant] = Entry(move: order.id, control: control)
            return nil
        }
        if let refusal { throw refusal }
        return control
    }

    private func release(_ order: MoveOrder) {
        state.withLock { state in
            if state.entries[order.tenant]?.move == order.id { state.entries[order.tenant] = nil }
        }
    }

    // MARK: Cancel

    package func isAt(_ move: String) -> Bool { control(of: move) != nil }

    private func control(of move: String) -> MoveControl? {
        state.withLock { state in state.entries.values.first { $0.move == move }?.control }
    }

    /// Ends a move out of this node, as long as the tenant has not changed hands, and waits until it has ended.
    ///
    /// - Returns: its row then; one that was aborted before is returned as it is.
    /// - Throws: `MoveRefusal.moveNotFound`, `.committed`, `.inDoubt`, `.catalog`.
    package func cancel(_ move: String) async throws(MoveRefusal) -> MoveRow {
        for turn in 0..<Self.looks {
            let row = try await find(move)
            switch row.state {
            case .aborted: return row
            case .committed, .done: throw .committed
            case .preparing, .copying, .tailing, .frozen: break
            }
            if let control = control(of: move) {
                control.cancel()
            } else if turn > 0, let placement = try await placement(of: row.tenant), placement.move == move {
                try await endOrphan(placement)
            }
            do { try await site.sleep(Self.look) } catch { break }
        }
        throw .inDoubt
    }

    /// Ends a move by the row alone, for one whose source cannot be asked. A source that runs after all sees the row and serves
    /// on, unless its commit was first; the target drops its copy.
    ///
    /// - Throws: `MoveRefusal.moveNotFound`, `.committed`, `.inDoubt`, `.catalog`.
    package func withdraw(_ move: String) async throws(MoveRefusal) {
        for _ in 0..<Self.withdrawals {
            let row = try await find(move)
            switch row.state {
            case .aborted: return
            case .committed, .done: throw .committed
            case .preparing, .copying, .tailing, .frozen: break
            }
            guard let placement = try await placement(of: row.tenant), placement.move == move,
                placement.epoch == row.epoch
            else { continue }
            do throws(CatalogError) {
                _ = try await site.placements.abort(
                    placement, reason: "cancelled; its source could not be asked", at: site.time.wall())
            } catch {
                throw .catalog(error)
            }
        }
        throw .inDoubt
    }

    private func find(_ move: String) async throws(MoveRefusal) -> MoveRow {
        let row: MoveRow?
        do throws(CatalogError) { row = try await site.moves.find(move) } catch { throw .catalog(error) }
        guard let row else { throw .moveNotFound }
        return row
    }

    private func placement(of tenant: TenantID) async throws(MoveRefusal) -> Placement? {
        do throws(CatalogError) { return try await site.placements.find(tenant) } catch { throw .catalog(error) }
    }
}
