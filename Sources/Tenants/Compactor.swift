import SQLiteKit
import Seams
import Vocabulary

/// Does what VACUUM asks for: writes a tenant's content into a new file of a new generation and lets the tenant go on in
/// it (rule J8). On a thread of its own.
///
/// Hold the writers → copy, aside → sync file and folder → tell the journal and switch → let the writers go on. Readers go
/// on throughout. A crash before the journal has the record finds the old file, whole, and after it the new one; what is
/// left of the other is named by nothing.
struct Compactor {
    let engine: TenantEngine

    /// Between two looks at whether transactions have ended, or readers have paused.
    private static let look: UInt64 = 5_000_000

    func loop() {
        while let compaction = engine.compactions.take() { run(compaction) }
    }

    private func run(_ compaction: Compaction) {
        do throws(SQLFailure) {
            let held = try hold(compaction)
            let copy = try CompactCopy(engine: engine, compaction: compaction).make(of: held)
            do throws(SQLFailure) {
                try switchOver(compaction, held, copy)
            } catch {
                try? engine.files.remove(copy.path)
                throw error
            }
        } catch {
            end(compaction, error)
        }
    }

    /// Parks the tenant's writes, as a move does. Open transactions are given as long as a waiting writer gives them.
    private func hold(_ compaction: Compaction) throws(SQLFailure) -> HeldTenant {
        let patience = patience
        return try repeating(compaction) { () -> HoldForCompactionWork in
            HoldForCompactionWork(engine, compaction, ends: engine.context.time.monotonic() >= patience)
        }
    }

    private var patience: Instant {
        engine.context.time.monotonic().advanced(byNanoseconds: engine.settings.transactionWait)
    }

    private func switchOver(_ compaction: Compaction, _ held: HeldTenant, _ copy: CompactFile) throws(SQLFailure) {
        let patience = patience
        _ = try repeating(compaction) { () -> SwitchToCompactWork in
            let ends = engine.context.time.monotonic() >= patience
            return SwitchToCompactWork(engine, compaction, held, copy, ends: ends)
        }
    }

    private func repeating<Work: CompactionWork>(_ compaction: Compaction, _ make: () -> Work) throws(SQLFailure)
        -> Work.Value
    {
        while true {
            let work = make()
            engine.submitUrgently(work, to: compaction.tenant)
            if let value = try work.answer.wait().get() { return value }
            guard engine.context.time.monotonic() < compaction.deadline else { throw .deadlineExceeded }
            guard engine.life.pause(Self.look) else { throw .busy }
        }
    }

    /// It failed: the writers go on, in the file as it is.
    private func end(_ compaction: Compaction, _ failure: SQLFailure) {
        compaction.end(.failure(failure))
        repeat {
            let work = EndCompactionWork(engine, compaction)
            engine.submitUrgently(work, to: compaction.tenant)
            // Not taken where even the reserve of the tenant's mailbox is full.
            if case .success = work.answer.wait() { return }
        } while engine.life.pause(Self.look)
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
