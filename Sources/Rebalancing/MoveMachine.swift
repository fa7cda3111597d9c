package import Vocabulary

/// A planned move as its source sees it. Pure: an event goes in, one action comes out; it knows no time and does no I/O.
///
/// The catalog's row is the only truth. The machine's one promise is rule R1: once it has asked for the commit, nothing but
/// a row that differs from the prepared one makes it serve again or give up; no timer, no cancellation, no error does.
package struct MoveMachine: Sendable {
    package enum State: Equatable, Sendable {
        case idle
        /// `inDoubt`: no answer came; the row will tell.
        case preparing(inDoubt: Bool)
        case copying(Prepared)
        case tailing(Prepared)
        /// Writes are parked, the last writer finishes.
        case freezing(Prepared)
        case copyingFrozen(Prepared, MovePosition)
        case catchingUp(Prepared, MovePosition)
        /// Reads are parked too, the last reader finishes (rule R3).
        case parkingReads(Prepared, MovePosition)
        /// Granted, in doubt: the commit may be on its way.
        case granted(Prepared, MovePosition, Granted)
        /// Aborting before the grant; serving already.
        case aborting(Prepared, MoveAbort)
        case releasing(Placement)
        case finishing(Placement, attempts: Int)
        case moved
        case aborted(MoveAbort)
        case halted(MoveHalt)
    }

    /// What the prepared row is told apart by.
    package struct Prepared: Equatable, Sendable {
        package var version: UInt64
    }

    package struct Granted: Equatable, Sendable {
        package enum Pending: Equatable, Sendable {
            case commit
            case row
            /// A compare-and-set back to stable; then only the row tells who came first.
            case withdrawal(MoveAbort)
        }
        package var pending: Pending
        package var commits: Int
        package var reads: Int
    }

    /// Commits tried before the source tries to withdraw instead.
    private static let commitAttempts = 3
    private static let finishAttempts = 5

    package let order: MoveOrder
    package private(set) var state = State.idle

    package init(_ order: MoveOrder) { self.order = order }

    /// New writes are admitted.
    package var servesWrites: Bool {
        switch state {
        case .idle, .preparing, .copying, .tailing, .aborting, .aborted: true
        default: false
        }
    }

    /// New reads are admitted.
    package var servesReads: Bool {
        switch state {
        case .freezing, .copyingFrozen, .catchingUp: true
        default: servesWrites
        }
    }

    package mutating func handle(_ event: MoveEvent) -> MoveAction {
        switch state {
        case .idle:
            guard event == .start else { return .none }
            state = .preparing(inDoubt: false)
            return .prepare
        case .preparing(let inDoubt): return whilePreparing(event, inDoubt: inDoubt)
        case .copying(let row), .tailing(let row), .freezing(let row), .copyingFrozen(let row, _),
            .catchingUp(let row, _), .parkingReads(let row, _):
            return beforeGrant(event, row)
        case .granted(let row, let position, let granted): return afterGrant(event, row, position, granted)
        case .aborting(let row, let reason): return whileAborting(event, row, reason)
        case .releasing(let row):
            guard event == .released else { return .none }
            // Its target has finished the row already, and may be sending the tenant on: that move is none of ours.
            guard row.state == .moving, row.move == order.id else {
                state = .moved
                return .over
            }
            state = .finishing(row, attempts: 1)
            return .finish(row)
        case .finishing(let row, let attempts): return whileFinishing(event, row, attempts)
        case .moved, .aborted, .halted: return .none
        }
    }
}

// MARK: Before the grant: a freeze may simply be forgotten

extension MoveMachine {
    private mutating func whilePreparing(_ event: MoveEvent, inDoubt: Bool) -> MoveAction {
        switch event {
        case .prepared(let row): return begin(row)
        case .rowSeen(let row?) where inDoubt: return begin(row)
        case .rowSeen(nil) where inDoubt: return end(.prepareRefused("the row is gone"))
        case .prepareRefused(let why): return end(.prepareRefused(why))
        case .prepareUnknown, .rowUnreadable:
            state = .preparing(inDoubt: true)
            return .readRow(afterMilliseconds: 100)
        default: return .none
        }
    }

    private mutating func begin(_ seen: Placement) -> MoveAction {
        guard seen.state == .moving, seen.move == order.id, seen.owner == order.source, seen.epoch == order.epoch else {
            return end(.prepareRefused("the row is another"))
        }
        let row = Prepared(version: seen.version)
        switch order.copying {
        case .thenTail:
            state = .copying(row)
            return .copyBase
        case .whileFrozen:
            state = .freezing(row)
            return .freeze
        }
    }

    private mutating func beforeGrant(_ event: MoveEvent, _ row: Prepared) -> MoveAction {
        switch event {
        case .cancel: return abort(row, .cancelled)
        case .timeout: return abort(row, .tooSlow(stepName))
        case .targetFailed(let why): return abort(row, .targetFailed(why))
        case .sourceFailed(let why): return abort(row, .sourceFailed(why))
        case .freezeFailed(let why): return abort(row, .notFrozen(why))
        case .rowSeen(let seen): return judge(seen, row) ?? .none
        default: return advance(event, row)
        }
    }

    private mutating func advance(_ event: MoveEvent, _ row: Prepared) -> MoveAction {
        switch (state, event) {
        case (.copying, .baseCopied):
            state = .tailing(row)
            return .streamTail
        case (.tailing, .tailShort):
            state = .freezing(row)
            return .freeze
        case (.freezing, .frozen(let position)) where order.copying == .whileFrozen:
            state = .copyingFrozen(row, position)
            return .copyBase
        case (.freezing, .frozen(let position)):
            state = .catchingUp(row, position)
            return .awaitTarget(position)
        case (.copyingFrozen(_, let position), .baseCopied):
            state = .catchingUp(row, position)
            return .awaitTarget(position)
        case (.catchingUp(_, let position), .targetSynced(let target)):
            return compare(position, target, row)
        case (.parkingReads(_, let position), .readsParked):
            return grant(row, position, commits: 1)
        default: return .none
        }
    }

    /// Rule R4: the grant needs the same position from the target, after its sync.
    private mutating func compare(_ own: MovePosition, _ target: MovePosition, _ row: Prepared) -> MoveAction {
        if target == own {
            state = .parkingReads(row, own)
            return .parkReads
        }
        if target.txid < own.txid { return .none }
        return abort(row, .copiesDiffer(source: own, target: target))
    }

    private mutating func abort(_ row: Prepared, _ reason: MoveAbort) -> MoveAction {
        state = .aborting(row, reason)
        return .abortRow(version: row.version, thaw: true, reason)
    }

    private mutating func whileAborting(_ event: MoveEvent, _ row: Prepared, _ reason: MoveAbort) -> MoveAction {
        switch event {
        case .settled(let seen), .rowDiffers(let seen?), .rowSeen(let seen?):
            if seen.version == row.version { return .abortRow(version: row.version, thaw: false, reason) }
            if seen.epoch == order.epoch, seen.version > row.version { return end(reason) }
            return judge(seen, row) ?? .readRow(afterMilliseconds: 100)
        case .rowDiffers(nil), .rowSeen(nil): return judge(nil, row) ?? .none
        case .settleUnknown, .rowUnreadable: return .readRow(afterMilliseconds: 100)
        default: return .none
        }
    }

    private mutating func end(_ reason: MoveAbort) -> MoveAction {
        state = .aborted(reason)
        return .resume(reason)
    }

    private var stepName: String {
        switch state {
        case .copying, .copyingFrozen: "copying"
        case .tailing: "following the writes"
        case .freezing: "parking writes"
        case .catchingUp: "the target's catching up"
        case .parkingReads: "parking reads"
        default: "a step"
        }
    }
}

// MARK: After the grant: only a row that differs leads on

extension MoveMachine {
    private mutating func grant(_ row: Prepared, _ position: MovePosition, commits: Int) -> MoveAction {
        state = .granted(row, position, Granted(pending: .commit, commits: commits, reads: 0))
        return .commit(version: row.version, position)
    }

    private mutating func afterGrant(
        _ event: MoveEvent, _ row: Prepared, _ position: MovePosition, _ granted: Granted
    ) -> MoveAction {
        switch event {
        case .settled(let seen), .rowDiffers(let seen?), .rowSeen(let seen?):
            if seen.version == row.version { return unchanged(row, position, granted) }
            return judge(seen, row) ?? read(row, position, granted)
        case .rowDiffers(nil), .rowSeen(nil): return judge(nil, row) ?? .none
        case .commitRefused: return withdraw(row, position, granted, .nodesNotUp)
        case .commitUnknown, .settleUnknown, .rowUnreadable: return read(row, position, granted)
        default: return .none
        }
    }

    /// The row is still as prepared. An earlier commit may yet arrive; a second one, or a withdrawal, is another
    /// compare-and-set on the same version, so at most one of them all takes effect.
    private mutating func unchanged(_ row: Prepared, _ position: MovePosition, _ granted: Granted) -> MoveAction {
        if case .withdrawal(let reason) = granted.pending { return withdraw(row, position, granted, reason) }
        guard granted.commits < Self.commitAttempts else {
            return withdraw(row, position, granted, .tooSlow("the commit"))
        }
        return grant(row, position, commits: granted.commits + 1)
    }

    private mutating func withdraw(
        _ row: Prepared, _ position: MovePosition, _ granted: Granted, _ reason: MoveAbort
    ) -> MoveAction {
        var granted = granted
        granted.pending = .withdrawal(reason)
        state = .granted(row, position, granted)
        return .abortRow(version: row.version, thaw: false, reason)
    }

    /// Asks again and again, ever more slowly, for as long as it takes.
    private mutating func read(_ row: Prepared, _ position: MovePosition, _ granted: Granted) -> MoveAction {
        var granted = granted
        granted.reads += 1
        if granted.pending == .commit { granted.pending = .row }
        state = .granted(row, position, granted)
        return .readRow(afterMilliseconds: min(50 << min(granted.reads - 1, 6), 1000))
    }

    /// What a row says that is not the prepared one; nil where it says nothing (as prepared, or read too early).
    private mutating func judge(_ seen: Placement?, _ row: Prepared) -> MoveAction? {
        guard let seen else { return halt(.rowGone) }
        if seen.epoch > order.epoch {
            state = .releasing(seen)
            return .release(seen)
        }
        if seen.epoch < order.epoch { return halt(.regressed(found: seen.epoch)) }
        return seen.version > row.version ? end(abortReason) : nil
    }

    private var abortReason: MoveAbort {
        switch state {
        case .granted(_, _, let granted):
            if case .withdrawal(let reason) = granted.pending { reason } else { .endedElsewhere }
        case .aborting(_, let reason): reason
        default: .endedElsewhere
        }
    }

    private mutating func halt(_ why: MoveHalt) -> MoveAction {
        state = .halted(why)
        return .halt(why)
    }

    /// The finish is a courtesy: a target that restarts does it too.
    private mutating func whileFinishing(_ event: MoveEvent, _ row: Placement, _ attempts: Int) -> MoveAction {
        switch event {
        case .settled, .rowDiffers:
            state = .moved
            return .over
        case .settleUnknown where attempts < Self.finishAttempts:
            state = .finishing(row, attempts: attempts + 1)
            return .finish(row)
        case .settleUnknown:
            state = .moved
            return .over
        default: return .none
        }
    }
}
