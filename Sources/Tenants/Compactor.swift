import SQLiteKit
import Seams
import Vocabulary

/// Does what VACUUM asks for: writes a tenant's content into a new file of a new generation and lets the tenant go on in
/// it (rule J8). On a thread of its own.
///
/// Hold the writers → compare the file → copy, aside → sync file and folder → tell the journal and switch → let the writers go
/// on. Readers go on throughout. A crash before the journal has the record finds the old file, whole, and after it the new one;
/// what is left of the other is named by nothing.
struct Compactor {
    let engine: TenantEngine

    /// Between two looks at whether transactions have ended, or readers have paused.
    private static let look: UInt64 = 5_000_000
    /// For which a tenant's thread may let others' compactions wait.
    private static let courtesy: UInt64 = 50_000_000

    func loop() {
        while let compaction = engine.compactions.take() { run(compaction) }
    }

    private func run(_ compaction: Compaction) {
        // Its end was not taken.
        if compaction.outcome != nil {
            _ = engine.life.pause(Self.look)
            return letGo(compaction)
        }
        do throws(SQLFailure) {
            guard let held = try hold(compaction) else { return engine.compactions.putBack(compaction) }
            let copy = CompactCopy(engine: engine, compaction: compaction)
            guard try copy.isIntact(held) else { return try quarantine(compaction, held) }
            try goOn(compaction, held, in: try copy.make(of: held))
        } catch {
            compaction.end(.failure(error))
            letGo(compaction)
        }
    }

    private func goOn(_ compaction: Compaction, _ held: HeldTenant, in copy: CompactFile) throws(SQLFailure) {
        do throws(SQLFailure) {
            try switchOver(compaction, held, copy)
        } catch {
            try? engine.files.remove(copy.path)
            throw error
        }
    }

    // MARK: Hold

    /// Parks the tenant's writes, as a move does. Open transactions are given as long as a waiting writer gives them.
    ///
    /// - Returns: nil where the tenant is not to be had now and others' compactions wait.
    private func hold(_ compaction: Compaction) throws(SQLFailure) -> HeldTenant? {
        let (patience, attempt) = (patience, compaction.beginAttempt())
        while true {
            guard !isOver(compaction) else { throw .deadlineExceeded }
            let ends = engine.context.time.monotonic() >= patience
            let work = HoldForCompactionWork(engine, compaction, attempt: attempt, ends: ends)
            engine.submitUrgently(work, to: compaction.tenant)
            switch try answer(of: work, compaction) {
            case .held(let held)?: return held
            case .waiting?: break
            case .elsewhere?, nil:
                guard engine.compactions.isWaitedFor else { break }
                engine.submitUrgently(PauseCompactionWork(compaction, attempt: attempt), to: compaction.tenant)
                return nil
            }
            guard engine.life.pause(Self.look) else { throw .busy }
        }
    }

    /// - Returns: nil where the tenant's thread has not come to it, and somebody else waits for the compactor, or there is no
    ///   time left.
    private func answer(
        of work: HoldForCompactionWork, _ compaction: Compaction
    ) throws(SQLFailure) -> CompactionStep? {
        while true {
            if let answer = work.answer.wait(atMost: Self.courtesy) { return try answer.get() }
            guard engine.compactions.isWaitedFor || isOver(compaction) || engine.life.isStopping else { continue }
            // What has begun ends soon: it waits for a flush, or for reads that were told to end.
            if engine.withdraw(work, of: compaction.tenant) { return nil }
        }
    }

    private var patience: Instant {
        engine.context.time.monotonic().advanced(byNanoseconds: engine.settings.transactionWait)
    }

    private func isOver(_ compaction: Compaction) -> Bool {
        engine.context.time.monotonic() >= compaction.deadline
    }

    // MARK: Switch

    private func switchOver(_ compaction: Compaction, _ held: HeldTenant, _ copy: CompactFile) throws(SQLFailure) {
        let patience = patience
        while true {
            guard !isOver(compaction) else { throw .deadlineExceeded }
            let ends = engine.context.time.monotonic() >= patience
            let work = SwitchToCompactWork(engine, compaction, held, copy, ends: ends)
            engine.submitUrgently(work, to: compaction.tenant)
            if try work.answer.wait().get() != nil { return }
            guard engine.life.pause(Self.look) else { throw .busy }
        }
    }

    /// What is not what its commits made it is not copied over: nobody could see the damage then.
    private func quarantine(_ compaction: Compaction, _ held: HeldTenant) throws(SQLFailure) {
        while true {
            let work = QuarantineCompactedWork(engine, compaction, held)
            engine.submitUrgently(work, to: compaction.tenant)
            if try work.answer.wait().get() != nil { return }
            guard engine.life.pause(Self.look) else { throw .busy }
        }
    }

    // MARK: The end

    /// The writers go on, in the file as it is. Not waited for: the tenant's thread may be busy for long.
    private func letGo(_ compaction: Compaction) {
        engine.submitUrgently(EndCompactionWork(engine, compaction), to: compaction.tenant)
    }
}

/// A tenant whose writers are held: its file alone is the tenant.
struct HeldTenant: Sendable {
    let state: TenantState
    let file: DatabaseFile
    let memory: MemoryAccount
}

/// What a compaction has written.
struct CompactFile: Sendable {
    let path: String
    let generation: Generation
    let pageCount: UInt32
    let checksum: UInt64
}
