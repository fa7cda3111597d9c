import Catalog
import Rebalancing
import Routing
import Seams
import Tenants
import Vocabulary

/// Carries one move out on its source: asks the machine what to do, does it, tells it what came of it. One action at a time.
struct MoveExecutor: Sendable {
    let order: MoveOrder
    /// The row that the prepare compares.
    let version: UInt64
    let onTransaction: MoveRequest.OnTransaction
    /// Of the target.
    let address: String
    let site: MoveSite
    let control: MoveControl

    /// What is remembered from one action to the next.
    struct Memory {
        /// Of the prepared row.
        var version: UInt64 = 0
        var refusal: MoveRefusal?
        /// Writes are parked, or were to be.
        var isHeld = false
        var heldSince: Instant?
        var frozen: TenantState?
        /// While it is copied beside the writes.
        var followed: FollowedFile?
        /// Sent so far.
        var batches: UInt64 = 0
        var bytes: Int64 = 0
        var pause: Int64 = 0
    }

    /// Runs to the end of the move, or until the task is cancelled, which is the end of the process: the next one settles
    /// the row (rule R2).
    ///
    /// - Parameter began: called once: the row is prepared, or is not and never will be.
    func run(began: (MoveRefusal?) -> Void) async {
        var machine = MoveMachine(order)
        var memory = Memory()
        var hasBegun = false
        var action = machine.handle(.start)
        while !Task.isCancelled, let event = await perform(action, machine.state, &memory) {
            action = machine.handle(event)
            if !hasBegun, let outcome = beginning(machine.state, memory) {
                hasBegun = true
                began(outcome.refusal)
            }
            if action == .none { action = unstuck(&machine) }
        }
        if !hasBegun { began(.stopping) }
    }

    private func beginning(_ state: MoveMachine.State, _ memory: Memory) -> (refusal: MoveRefusal?, Void)? {
        switch state {
        case .idle, .preparing: return nil
        case .aborted: return (memory.refusal ?? .inProgress(nil), ())
        default: return (nil, ())
        }
    }

    /// An event that meant nothing to the machine must not leave the move without a next step.
    private func unstuck(_ machine: inout MoveMachine) -> MoveAction {
        switch machine.state {
        case .moved, .aborted, .halted: .none
        case .granted, .aborting: .readRow(afterMilliseconds: 1000)
        default: machine.handle(.timeout)
        }
    }

    /// - Returns: nil at the end.
    private func perform(
        _ action: MoveAction, _ state: MoveMachine.State, _ memory: inout Memory
    ) async -> MoveEvent? {
        switch action {
        case .none: return nil
        case .prepare: return await prepare(&memory)
        case .freeze:
            if case .freezing(let row) = state { memory.version = row.version }
            return await freeze(&memory)
        case .copyBase where order.copying == .thenTail:
            if case .copying(let row) = state { memory.version = row.version }
            return await copyFollowed(&memory)
        case .copyBase: return await copyFrozen(&memory)
        case .streamTail: return await streamTail(&memory)
        case .awaitTarget: return await awaitTarget(&memory)
        case .parkReads: return await parkReads(memory)
        case .commit(let version, let position): return await commit(version, position)
        case .readRow(let milliseconds): return await readRow(afterMilliseconds: milliseconds)
        case .abortRow(let version, let thaw, let reason):
            if thaw {
                await stopFollowing(&memory)
                await resume(&memory, reason)
            }
            return await abort(version, reason)
        case .resume(let reason):
            let before = memory
            await stopFollowing(&memory)
            await resume(&memory, reason)
            // Half a copy takes room there.
            await hint(before)
            site.notice(.aborted(order, reason))
            return nil
        case .release(let row): return await release(row, &memory)
        case .finish(let row): return await finish(row)
        case .over:
            site.notice(.moved(order, pause: memory.pause))
            return nil
        case .halt(let why):
            site.book.turn(order.tenant, epoch: order.epoch, to: .allParked)
            site.engine.bar(order.tenant, .moving(order.tenant))
            site.notice(.halted(order, why))
            return nil
        }
    }
}
