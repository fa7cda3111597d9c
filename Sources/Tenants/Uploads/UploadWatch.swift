import SQLiteKit
import Seams
import Synchronization

/// Ends the work on an upload when nobody waits for it any more, or its time is up. Asked on its thread, at each look of SQLite's
/// and before each read of the file.
final class UploadWatch: ProgressObserver, Sendable {
    /// Steps of SQLite's between two looks. Few: strangers' expressions run in them, each over as large a value as there may be.
    static let stepsBetweenLooks: Int32 = 100

    private let engine: TenantEngine
    let deadline: Instant
    private let cancellation: WorkCancellation
    private let reads = Atomic<UInt32>(0)
    /// Pages read between two looks at the clock.
    private static let readsBetweenLooks: UInt32 = 32

    init(engine: TenantEngine, deadline: Instant, _ cancellation: WorkCancellation) {
        self.engine = engine
        self.deadline = deadline
        self.cancellation = cancellation
    }

    /// Why it must stop; nil as long as it may go on.
    var stop: TenantsError? {
        if engine.life.isStopping || engine.life.isAbandoned { return .shuttingDown }
        if cancellation.isCancelled { return .clientLeft }
        return engine.context.time.monotonic() >= deadline ? .deadlineExceeded : nil
    }

    func mustStop() -> Bool { stop != nil }

    func check() throws(UploadFailure) { if let stop { throw .engine(stop) } }

    func mayRead() -> Bool {
        guard reads.add(1, ordering: .relaxed).newValue % Self.readsBetweenLooks == 0 else { return true }
        return stop == nil
    }
}
