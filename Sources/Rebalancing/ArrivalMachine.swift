package import Vocabulary

/// A planned move as its target sees it. Pure, as `MoveMachine`.
///
/// It opens the tenant only on a row that was read afresh after its copy was whole and synced (rule R7), and only after
/// the new epoch is on its own disk. From the moment it has answered with its position, it never throws the copy away on
/// a timer: the commit may have happened.
package struct ArrivalMachine: Sendable {
    package enum State: Equatable, Sendable {
        case waiting
        case receiving
        case syncing
        case verifying
        /// The base is whole and on the disk; pages that have changed since come, and come again. It is no copy of any state
        /// of the tenant before the source has frozen it, so nothing was answered yet.
        case following
        /// The copy is whole, synced and compared; the answer may have been heard.
        case ready(MovePosition)
        case persisting(MovePosition, Epoch)
        case open(Epoch)
        case discarded(String)
        case halted(MoveHalt)
    }

    package let order: MoveOrder
    /// Of the prepared row: an older one was read too early to tell anything.
    package let version: UInt64
    package private(set) var state: State

    /// - Parameter synced: where a restarted target finds its copy to be, from its own disk.
    package init(_ order: MoveOrder, version: UInt64, synced: MovePosition? = nil) {
        self.order = order
        self.version = version
        state = synced.map { .ready($0) } ?? .waiting
    }

    package var serves: Bool {
        if case .open = state { true } else { false }
    }

    package mutating func handle(_ event: ArrivalEvent) -> ArrivalAction {
        switch state {
        case .waiting, .receiving, .syncing, .verifying, .following: return whileCopying(event)
        case .ready(let position): return whileReady(event, position)
        case .persisting(_, let epoch):
            switch event {
            case .epochPersisted:
                state = .open(epoch)
                return .open(epoch)
            case .failed(let why):
                // The row is ours: only a restart of this node can help, and it reads the row first.
                return .retryPersist(epoch, why)
            default: return .none
            }
        case .open, .discarded, .halted: return .none
        }
    }

    private mutating func whileCopying(_ event: ArrivalEvent) -> ArrivalAction {
        switch (state, event) {
        case (.waiting, .offered):
            state = .receiving
            return .receiveBase
        case (.receiving, .baseReceived):
            state = .syncing
            return .syncBase
        case (.syncing, .baseSynced):
            state = .verifying
            return .verify
        case (.verifying, .baseVerified) where order.copying == .thenTail:
            state = .following
            return .follow
        case (.following, .tailSynced(let position)):
            state = .ready(position)
            return .answer(position)
        case (.verifying, .verified(let position)):
            state = .ready(position)
            return .answer(position)
        case (_, .failed(let why)): return discard(why)
        case (_, .timeout): return discard("the source was silent too long")
        // Its move may have ended, and another wants its place.
        case (_, .hint): return .readRow(afterMilliseconds: 0)
        case (_, .rowSeen(let row)): return seenTooEarly(row)
        default: return .none
        }
    }

    /// The commit names our position, so nothing can make us the owner before we gave one.
    private mutating func seenTooEarly(_ row: Placement?) -> ArrivalAction {
        guard let row else { return discard("the tenant is gone") }
        if row.epoch > order.epoch, row.owner == order.target { return halt(.ownerWithoutCopy) }
        return isStillOurs(row) ? .none : discard("the move was ended")
    }

    private mutating func whileReady(_ event: ArrivalEvent, _ position: MovePosition) -> ArrivalAction {
        switch event {
        case .offered: return .answer(position)
        case .hint, .timeout, .failed: return .readRow(afterMilliseconds: 0)
        case .rowUnreadable: return .readRow(afterMilliseconds: 250)
        case .rowSeen(let row): return judge(row, position)
        default: return .none
        }
    }

    private mutating func judge(_ row: Placement?, _ position: MovePosition) -> ArrivalAction {
        guard let row else { return discard("the tenant is gone") }
        if row.epoch < order.epoch { return halt(.regressed(found: row.epoch)) }
        if row.epoch == order.epoch { return isStillOurs(row) ? .none : discard("the move was ended") }
        // Only one commit leads from this epoch to the next. A later epoch, even if this node owns it, is of another copy.
        guard row.epoch == order.epoch.next, row.owner == order.target else {
            return discard("another owner came after")
        }
        state = .persisting(position, row.epoch)
        return .persistEpoch(row.epoch)
    }

    /// As prepared, or read before it was.
    private func isStillOurs(_ row: Placement) -> Bool {
        row.epoch == order.epoch && (row.version < version || (row.state == .moving && row.move == order.id))
    }

    private mutating func discard(_ why: String) -> ArrivalAction {
        state = .discarded(why)
        return .discard(why)
    }

    private mutating func halt(_ why: MoveHalt) -> ArrivalAction {
        state = .halted(why)
        return .halt(why)
    }
}

/// What happens to a move, as its target hears of it.
package enum ArrivalEvent: Equatable, Sendable {
    /// The source asks for it (again).
    case offered
    case baseReceived
    /// File and folder are synced.
    case baseSynced
    /// Transaction and checksum of the pages as they were read back from the disk.
    case verified(MovePosition)
    /// The base was read back; pages may follow.
    case baseVerified
    /// The source is frozen here, and every page up to here is applied, read back and synced.
    case tailSynced(MovePosition)
    /// Somebody believes that this node owns the tenant now: the source, a router, the change log.
    case hint
    /// A read of the row that began after the need for it.
    case rowSeen(Placement?)
    case rowUnreadable
    /// The new epoch is on this node's disk.
    case epochPersisted
    case failed(String)
    case timeout
}

/// What the target does next.
package enum ArrivalAction: Equatable, Sendable {
    case none
    case receiveBase
    case syncBase
    /// Read the pages back and compute their checksum.
    case verify
    /// Take the pages that have changed.
    case follow
    /// Tell the source this position.
    case answer(MovePosition)
    case readRow(afterMilliseconds: Int)
    /// Write the epoch down and sync it; nothing is acknowledged before.
    case persistEpoch(Epoch)
    case retryPersist(Epoch, String)
    case open(Epoch)
    /// Drop the copy.
    case discard(String)
    case halt(MoveHalt)
}
