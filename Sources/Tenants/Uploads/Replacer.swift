import Journal
import SQLiteKit
import Seams
import Vocabulary

/// Puts a new file in a tenant's place, under a new generation (rule J8). On an uploader's thread.
///
/// Hold the writers → take over what is the server's → sync, name → tell the journal and switch → let the writers go on. A crash
/// before the journal has the record durably finds the old file, whole, and after it the new one.
struct Replacer {
    let engine: TenantEngine
    let replacement: Replacement
    let watch: UploadWatch

    private var tenant: TenantID { replacement.tenant }

    /// Between two looks at whether reads have ended, or the tenant stays.
    private static let look: UInt64 = 5_000_000

    /// - Returns: what the tenant is from now on, durably.
    /// - Throws: `UploadFailure`; the tenant goes on as it was then, except for `.outcomeUnknown`.
    func replace(by uploaded: UploadedDatabase) throws(UploadFailure) -> TenantState {
        let switched: SwitchedTenant
        do throws(UploadFailure) {
            let held = try hold()
            if try uploaded.carryOver(from: held, watch) { try uploaded.finish(watch) }
            try uploaded.moveIn()
            switched = try switchOver(held, uploaded)
        } catch {
            uploaded.discard()
            letGo()
            throw error
        }
        do { try engine.journal.waitUntilDurable(switched.lsn) } catch { throw .engine(.outcomeUnknown) }
        return switched.state
    }

    private var patience: Instant {
        engine.context.time.monotonic().advanced(byNanoseconds: engine.settings.transactionWait)
    }

    private func hold() throws(UploadFailure) -> HeldTenant {
        let patience = patience
        return try repeating { () -> HoldForReplacementWork in
            HoldForReplacementWork(engine, replacement, endsReads: engine.context.time.monotonic() >= patience)
        }
    }

    private func switchOver(
        _ held: HeldTenant, _ uploaded: UploadedDatabase
    ) throws(UploadFailure) -> SwitchedTenant {
        let patience = patience
        return try repeating { () -> SwitchToUploadedWork in
            let ends = engine.context.time.monotonic() >= patience
            return SwitchToUploadedWork(engine, replacement, held, uploaded, endsReads: ends)
        }
    }

    private func repeating<Work: ReplacementWork>(_ make: () -> Work) throws(UploadFailure) -> Work.Value {
        while true {
            try watch.check()
            let work = make()
            engine.submitUrgently(work, to: tenant)
            if let value = try work.answer.wait().get() { return value }
            guard engine.life.pause(Self.look) else { throw .engine(.shuttingDown) }
        }
    }

    /// It failed: the writers go on, in the file as it is.
    private func letGo() {
        repeat {
            let work = EndReplacementWork(replacement)
            engine.submitUrgently(work, to: tenant)
            // Not taken where even the reserve of the tenant's mailbox is full; else there is no tenant to let go.
            guard case .failure(.engine(.busy)) = work.answer.wait() else { return }
        } while engine.life.pause(Self.look)
    }
}
