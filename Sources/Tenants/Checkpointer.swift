import Journal
import Seams
import Synchronization
import Vocabulary

/// Moves commits from the journal into the tenants' files, and the recovery point after them. On a thread of its own: one
/// that only ran with commit traffic could wait for itself.
///
/// A round: copy (on the tenants' lanes) → wait for what was written again instead → one sync of the file system → save the
/// facts in the node state → move the recovery point. A crash anywhere repeats work and loses nothing.
struct Checkpointer {
    let engine: TenantEngine

    /// Tenants copied in one round: bounds what one sync has to write.
    private static let roundSize = 256
    /// Nanoseconds for which readers may keep a segment while the journal is filling up.
    private static let shortest: UInt64 = 1_000_000_000
    /// Nanoseconds that tenants whose statements run on are waited for when the others are done.
    private static let patience: UInt64 = 250_000_000

    func loop() {
        var lastSeen = LSN.none
        var rest = Rest(shortest: engine.settings.checkpointPause)
        while let wanted = engine.checkpoints.take(Self.roundSize, waitingAtMost: engine.settings.checkpointPause) {
            let last = engine.journal.lastLSN
            let isIdle = last == lastSeen
            lastSeen = last
            // What kept the last round from covering anything is probably still there.
            if isIdle, wanted.isEmpty, !isFilling, rest.holds(at: engine.context.time.monotonic()) { continue }
            let chosen = choose(wanted, isIdle: isIdle)
            guard !chosen.isEmpty else { continue }
            // What failed stays dirty, and the next round tries again; a failed sync has ended the journal.
            let before = (engine.journal.recoveryPoint, engine.dirty.count)
            try? round(chosen)
            let isVain = before == (engine.journal.recoveryPoint, engine.dirty.count)
            rest.note(isVain: isVain && isIdle, at: engine.context.time.monotonic())
        }
    }

    /// Grows with rounds that came to nothing while nobody wrote.
    private struct Rest {
        let shortest: UInt64
        private var doublings: UInt64 = 0
        private var end = Instant(nanoseconds: 0)

        init(shortest: UInt64) { self.shortest = shortest }

        func holds(at now: Instant) -> Bool { doublings > 0 && now < end }

        /// Up to 64 times the shortest.
        mutating func note(isVain: Bool, at now: Instant) {
            doublings = isVain ? min(doublings + 1, 6) : 0
            end = now.advanced(byNanoseconds: shortest << doublings)
        }
    }

    /// Half of what the journal or a recovery may hold is in use.
    private var isFilling: Bool { inUse(moreThan: 2, of: 4) }
    /// Three quarters of it are.
    private var isUrgent: Bool { inUse(moreThan: 3, of: 4) }

    private func inUse(moreThan part: Int64, of whole: Int64) -> Bool {
        let journal = engine.journal
        let limit = min(engine.settings.recoveryBytes, Int64(journal.options.journalBytes))
        return Int64(journal.usedBytes) * whole > limit * part
    }

    /// Soon everybody's commits would be refused, in favour of records that may never be applied.
    private var isNearlyFull: Bool { engine.journal.usedBytes * 3 > engine.journal.options.journalBytes * 2 }

    /// Tenants with large logs first, then those that readers let hold the journal back for too long; then all that hold it back,
    /// when it is filling up or the node is idle.
    private func choose(_ wanted: [TenantID], isIdle: Bool) -> [TenantID] {
        var chosen = wanted
        let hindered = engine.dirty.hindered(upTo: heldBack)
        chosen += hindered.filter { !wanted.contains($0) }
        if isIdle || isFilling, chosen.count < Self.roundSize {
            let known = Set(chosen)
            // Damaged ones keep their records as long as there is room.
            let hopeless = isNearlyFull ? [] : Set(engine.census.damagedTenants.keys)
            for tenant in engine.dirty.oldest(Self.roundSize, without: hopeless) where !known.contains(tenant) {
                chosen.append(tenant)
            }
        }
        // The node state alone would keep itself busy for ever: each round writes it.
        if isIdle, chosen == [.nodeState], engine.journal.lastLSN.rawValue - engine.journal.recoveryPoint.rawValue <= 4
        {
            return []
        }
        return Array(chosen.prefix(Self.roundSize))
    }

    /// At shutdown: everything, until nothing is left or no more can be done.
    func settleAll() throws {
        var before = Int.max
        while true {
            try engine.journal.waitUntilDurable(engine.journal.lastLSN)
            let all = engine.dirty.oldest(.max).filter { $0 != .nodeState }
            guard !all.isEmpty, all.count < before else { break }
            before = all.count
            for start in stride(from: 0, to: all.count, by: Self.roundSize) {
                try round(Array(all[start..<min(all.count, start + Self.roundSize)]))
            }
        }
        // The last round wrote the node state; it alone is still dirty.
        try engine.journal.waitUntilDurable(engine.journal.lastLSN)
        let last = engine.journal.lastLSN
        let works = try copy([.nodeState])
        try sync(works)
        settle(works)
        try advance(last, nodeState: ownFacts(works))
    }

    /// At start: recovery has synced the files; only the facts must be saved before the recovery point may move.
    ///
    /// - Parameter nodeState: the node state's own facts as recovery left them.
    func settleRecovered(nodeState: TenantState) throws {
        let last = engine.journal.lastLSN
        try saveFacts()
        for tenant in engine.dirty.oldest(.max) where tenant != .nodeState && engine.census.damage(of: tenant) == nil {
            engine.dirty.settle(tenant, covered: last)
        }
        try advance(last, nodeState: nodeState)
    }

    func round(_ tenants: [TenantID]) throws {
        let last = engine.journal.lastLSN
        var chosen = tenants
        if !chosen.contains(.nodeState) { chosen.append(.nodeState) }
        let works = try copy(chosen)
        if !engine.context.faults.settleBeforeSync { try sync(works) }
        if !engine.context.faults.skipNodeState { try saveFacts() }
        settle(works)
        try advance(last, nodeState: ownFacts(works))
    }

    /// - Returns: the works, done, with the records that stand for pages which stay out of the files durable (rule J3).
    private func copy(_ tenants: [TenantID]) throws(JournalError) -> [CheckpointWork] {
        let group = WorkGroup(tenants.count)
        let heldBack = heldBack
        let works = tenants.map {
            CheckpointWork($0, engine: engine, group: group, heldBack: heldBack, givesUpDamaged: isNearlyFull)
        }
        for work in works { engine.submitUrgently(work, to: work.tenant) }
        if !group.wait(forEachAtMost: Self.patience) {
            for work in works where engine.withdraw(work, of: work.tenant) {
                group.leave()
                hurry(work.tenant)
            }
            group.wait()
        }
        if !engine.context.faults.passRefreshes {
            try engine.journal.waitUntilDurable(works.map(\.needed).max() ?? .none)
        }
        return works
    }

    /// The tenant's statement kept a round from copying it. That is the others' affair when they are about to be refused, and
    /// the oldest segment is needed for this one.
    private func hurry(_ tenant: TenantID) {
        guard isNearlyFull, let oldest = engine.journal.segments.first?.lastLSN,
            engine.dirty.since(tenant).map({ $0 <= oldest }) ?? false
        else { return }
        engine.open.find(tenant)?.mustYield.store(true, ordering: .relaxed)
    }

    /// Records at or below it have been needed for too long: their tenants' readers cannot keep them any more.
    private var heldBack: LSN {
        let segments = engine.journal.segments
        let now = engine.context.time.monotonic()
        let holdback = engine.settings.journalHoldback
        // A short read is waited for as long as there is time.
        let limit = isUrgent ? 0 : isFilling ? min(Self.shortest, holdback) : holdback
        let old = segments.dropLast().last { now.nanoseconds(since: $0.begun) >= limit }
        return old?.lastLSN ?? .none
    }

    // MARK: Syncing

    /// One sync for all files, where the system can be trusted to report its errors.
    ///
    /// - Throws: after a failed sync, which ends the journal: what it should have written may be lost, and only a recovery
    ///   writes it again (rule J6).
    private func sync(_ works: [CheckpointWork]) throws {
        do throws(FileError) {
            if let fileSystem = engine.fileSystem { try fileSystem.sync() } else { try syncEach(works) }
        } catch {
            // Without a descriptor nothing was synced, and nothing was lost either.
            let isFinal = error != .tooManyOpen && !engine.context.faults.retryFailedSync
            if isFinal { engine.journal.declareFailed(error) }
            throw error
        }
    }

    private func syncEach(_ works: [CheckpointWork]) throws(FileError) {
        var folders: Set<String> = []
        for work in works where work.covered != nil {
            let known = engine.census.find(work.tenant)
            guard let facts = work.facts ?? known else { continue }
            do throws(FileError) {
                let file = try engine.files.open(engine.layout.path(of: work.tenant, facts.generation), .update)
                defer { file.close() }
                try file.sync()
            } catch {
                // Dropped in the meantime.
                guard case .notFound = error else { throw error }
                continue
            }
            var folder = engine.layout.folder(of: work.tenant)
            while folder != engine.layout.directory, let slash = folder.lastIndex(of: "/") {
                folders.insert(folder)
                folder = String(folder[..<slash])
            }
        }
        for folder in folders.sorted() { try engine.files.syncDirectory(folder) }
    }

    // MARK: Facts

    /// Writes all facts that the node state does not have, and waits until they are durable.
    private func saveFacts() throws {
        while true {
            let rows = engine.census.takeUnsaved(engine.settings.stateBatch)
            guard !rows.isEmpty else { return }
            let work = BlockingWork { database in try NodeState.save(rows, in: database) }
            engine.submitUrgently(work, to: .nodeState)
            do {
                try work.wait(engine.journal)
            } catch {
                engine.census.unsave(rows)
                throw error
            }
        }
    }

    private func settle(_ works: [CheckpointWork]) {
        for work in works { if let covered = work.covered { engine.dirty.settle(work.tenant, covered: covered) } }
    }

    private func ownFacts(_ works: [CheckpointWork]) -> TenantState? {
        works.first { $0.tenant == .nodeState }?.facts
    }

    /// - Parameter nodeState: nil leaves what the manifest has, which is right as long as the node state is dirty.
    private func advance(_ last: LSN, nodeState: TenantState?) throws {
        let point = engine.context.faults.passDirtyTenants ? last.next : engine.dirty.recoveryPoint(last: last)
        let target = min(LSN(point.rawValue - 1), engine.journal.durableLSN)
        try engine.journal.advanceRecoveryPoint(to: target, nodeState: nodeState)
    }
}
