import Lanes
import SQLiteKit
import Seams
import Synchronization

/// Watches the statements of one connection: ends them at their deadline, and lets others go on beside a slow one, those of the lane
/// always, those of the tenant where it only reads.
final class ExecutionWatch: ProgressObserver {
    enum Stop: Sendable {
        case deadline
        /// Too many slow statements on the node already, or slow reads on the tenant.
        case tooManySlow
        case cancelled
        case recalled(Recall)
        /// The journal is nearly full and waits for this tenant.
        case holdsJournal
    }

    /// Virtual-machine steps between two looks at the clock: some tens of microseconds.
    static let stepsBetweenLooks: Int32 = 2_000
    /// A statement that takes longer gives its lane away, and its tenant.
    private static let slowAfter: UInt64 = 5_000_000
    /// One that took longer than this the last time does so at its first look, if somebody waits.
    private static let longAfter: UInt64 = 1_000_000

    private let time: any TimeSource
    private let life: EngineLife
    private unowned let guarded: GuardedConnection
    private var statement: CachedStatement?
    private(set) var started = Instant(nanoseconds: 0)
    private var deadline = Instant.distantFuture
    private var cancellation: WorkCancellation?
    /// A caller's statement runs; our own have no deadline and keep their lane.
    private var isWatching = false
    /// It has been looked at, so it is no short one; the cancellation knows its connection.
    private var hasLooked = false
    private var hasSteppedAside = false
    private var stopped: Stop?
    private let recalled = Atomic<UInt8>(0)

    init(_ guarded: GuardedConnection, time: any TimeSource, life: EngineLife) {
        self.guarded = guarded
        self.time = time
        self.life = life
    }

    /// Why the last statement was interrupted.
    var stop: Stop? { stopped ?? recall.map(Stop.recalled) }

    /// - Parameter statement: nil for a copy of the database that runs aside: its own steps ask whether it must stop.
    func begin(_ statement: CachedStatement?, deadline: Instant, _ cancellation: WorkCancellation?) {
        end()
        started = time.monotonic()
        self.statement = statement
        self.deadline = deadline
        self.cancellation = cancellation
        isWatching = true
        hasSteppedAside = false
        stopped = nil
        recalled.store(0, ordering: .relaxed)
    }

    /// Begins if nothing is being watched.
    func ensure(_ statement: CachedStatement, deadline: Instant, _ cancellation: WorkCancellation?) {
        if !isWatching { begin(statement, deadline: deadline, cancellation) }
    }

    /// The statement has ended, or pauses.
    func end() {
        isWatching = false
        if hasLooked {
            hasLooked = false
            statement?.isLong = time.monotonic().nanoseconds(since: started) >= Self.longAfter
            cancellation?.ended()
        }
        // It holds the connection, which holds this.
        statement = nil
    }

    /// From the tenant's thread, while the statement runs aside.
    func recall(_ reason: Recall) {
        recalled.store(reason.rawValue, ordering: .releasing)
        guarded.connection.interrupt()
    }

    func mustStop() -> Bool {
        if life.isAbandoned { return stopNow(.cancelled) }
        guard isWatching, !hasHalted else { return false }
        if isCancelled { return stopNow(.cancelled) }
        if let recall { return stopNow(.recalled(recall)) }
        let now = time.monotonic()
        if now >= deadline { return stopNow(.deadline) }
        if guarded.isAside { return false }
        if guarded.host.mustYield() { return stopNow(.holdsJournal) }
        return holdsUpOthers(now.nanoseconds(since: started))
    }

    // MARK: Others

    /// Lets others go on where the statement is slow.
    ///
    /// - Returns: whether it must stop because they cannot.
    private func holdsUpOthers(_ elapsed: UInt64) -> Bool {
        let isSlow = elapsed >= Self.slowAfter
        guard isSlow || statement?.isLong ?? false, Lane.isOnLane, let statement else { return false }
        let place = guarded.host.place(for: guarded, statement)
        guard isSlow || place == .free && guarded.host.isWaitedFor else { return false }
        if !hasSteppedAside {
            guard Lane.stepAside() else { return isSlow ? stopNow(.tooManySlow) : false }
            hasSteppedAside = true
        }
        switch place {
        case .free: guarded.host.letAside(guarded)
        case .taken where elapsed >= guarded.host.readerPatience: return stopNow(.tooManySlow)
        case .taken, .none: break
        }
        return false
    }

    /// SQLite looks once more after a statement has done all it does, its commit included. Stopped there it would say that it was
    /// interrupted, and its caller that nothing lasts.
    private var hasHalted: Bool { statement.map { !$0.statement.isBusy } ?? false }

    private var isCancelled: Bool {
        if !hasLooked {
            hasLooked = true
            cancellation?.runs(on: guarded.connection)
        }
        return cancellation?.isCancelled ?? false
    }

    private var recall: Recall? { Recall(rawValue: recalled.load(ordering: .acquiring)) }

    private func stopNow(_ reason: Stop) -> Bool {
        stopped = reason
        return true
    }
}

/// Whether a slow statement may leave its tenant to others.
enum ReaderPlace {
    /// Not this statement, or not now.
    case none
    /// When another has come back.
    case taken
    case free
}
