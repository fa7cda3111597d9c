import Journal
import Seams
import Vocabulary

/// Moves commits from the journal into the tenants' files, and the recovery point after them. On a thread of its own: one
/// that only ran with commit traffic could wait for itself.
///
/// A round: copy (on the tenants' lanes) → one sync of the file system → save the facts in the node state → move the
/// recovery point. A crash anywhere repeats work and loses nothing.
struct Checkpointer {
    let engine: TenantEngine

    /// Tenants copied in one round: bounds what one sync has to write.
    private static let roundSize = 256
    private static let pause: UInt64 = 200_000_000

    func loop() {
        var lastSeen = LSN.none
        while let wanted = engine.checkpoints.take(Self.roundSize, waitingAtMost: Self.pause) {
            let last = engine.journal.lastLSN
            let isIdle = last == lastSeen
            lastSeen = last
            let chosen = choose(wanted, isIdle: isIdle)
            guard !chosen.isEmpty else { continue }
            // A failing disk is the journal's to notice; the next round tries again.
            try? round(chosen)
        }
    }

    /// Tenants with large logs first; then those that hold the journal back, when it is filling up or the node is idle.
    private func choose(_ wanted: [TenantID], isIdle: Bool) -> [TenantID] {
        var chosen = wanted
        let isFilling = Int64(engine.journal.usedBytes) * 2 > engine.settings.recoveryBytes
        if isFilling || isIdle, chosen.count < Self.roundSize {
            let known = Set(chosen)
            for tenant in engine.dirty.oldest(Self.roundSize) where !known.contains(tenant) { chosen.append(tenant) }
        }
        // The node state alone would keep itself busy for ever: each round writes it.
        if isIdle, chosen == [.nodeState], engine.journal.lastLSN.rawValue - engine.journal.recoveryPoint.rawValue <= 4
        {
            return []
        }
        return Array(chosen.prefix(Self.roundSize))
    }

    /// At shutdown: everything, until nothing is left.
    func settleAll() throws {
        for _ in 0..<1_000 {
            let all = engine.dirty.oldest(Self.roundSize).filter { $0 != .nodeState }
            guard !all.isEmpty else { break }
            try engine.journal.waitUntilDurable(engine.journal.lastLSN)
            try round(all)
        }
        // The last round wrote the node state; it alone is still dirty.
        try engine.journal.waitUntilDurable(engine.journal.lastLSN)
        let works = copy([.nodeState])
        try sync(works)
        settle(works)
        try advance(engine.journal.lastLSN, works)
    }

    /// At start: recovery has synced the files; only the facts must be saved before the recovery point may move.
    func settleRecovered() throws {
        let last = engine.journal.lastLSN
        try saveFacts()
        for tenant in engine.dirty.oldest(.max) where tenant != .nodeState {
            engine.dirty.settle(tenant, covered: last)
        }
        try advance(last, [])
    }

    private func round(_ tenants: [TenantID]) throws {
        let last = engine.journal.lastLSN
        var chosen = tenants
        if !chosen.contains(.nodeState) { chosen.append(.nodeState) }
        let works = copy(chosen)
        try sync(works)
        for work in works where work.tenant != .nodeState {
            if let facts = work.facts, work.covered != nil { engine.census.put(work.tenant, facts) }
        }
        try saveFacts()
        settle(works)
        try advance(last, works)
    }

    private func copy(_ tenants: [TenantID]) -> [CheckpointWork] {
        let group = WorkGroup(tenants.count)
        let works = tenants.map { CheckpointWork($0, journal: engine.journal, group: group) }
        for work in works { engine.submitUrgently(work, to: work.tenant) }
        group.wait()
        return works
    }

    /// One sync for all files, where the system can be trusted to report its errors.
    private func sync(_ works: [CheckpointWork]) throws {
        if try engine.files.syncFileSystem(holding: engine.layout.directory) { return }
        for work in works where work.covered != nil {
            let facts = work.tenant == .nodeState ? work.facts : work.facts ?? engine.census.find(work.tenant)
            guard let facts else { continue }
            let path = engine.layout.path(of: work.tenant, facts.generation)
            let file = try engine.files.open(path, .update)
            defer { file.close() }
            try file.sync()
            try engine.files.syncDirectory(engine.layout.folder(of: work.tenant))
        }
    }

    /// Writes all facts that the node state does not have, and waits until they are durable.
    private func saveFacts() throws {
        while true {
            let rows = engine.census.takeUnsaved(engine.settings.stateBatch)
            guard !rows.isEmpty else { return }
            let work = BlockingWork { database in try NodeState.save(rows, in: database) }
            engine.submitUrgently(work, to: .nodeState)
            do {
                try work.wait()
            } catch {
                engine.census.unsave(rows)
                throw error
            }
        }
    }

    private func settle(_ works: [CheckpointWork]) {
        for work in works { if let covered = work.covered { engine.dirty.settle(work.tenant, covered: covered) } }
    }

    private func advance(_ last: LSN, _ works: [CheckpointWork]) throws {
        let point = engine.dirty.recoveryPoint(last: last)
        let own =
            works.first { $0.tenant == .nodeState }?.facts ?? engine.journal.nodeState ?? engine.census.find(.nodeState)
        try engine.journal.advanceRecoveryPoint(to: LSN(point.rawValue - 1), nodeState: own)
    }
}
