package import Seams
import Synchronization
package import Vocabulary

/// The shared group-commit log of a node: one sync makes durable what all tenants committed while the last one ran.
///
/// Threads: `append`, `reserve`, `release`, `durableLSN` and `whenDurable` from any thread, never blocking on the disk;
/// `flushLoop` and `prepareLoop` each on a thread of its own. Everything else blocks and is for service threads.
package final class Journal: Sendable {
    let store: SegmentStore
    let time: any TimeSource
    let random: any RandomSource
    package let options: JournalOptions
    let faults: JournalFaults
    let manifests: ManifestStore

    let state: Mutex<AppendState>
    let waiters = Mutex(DurabilityWaiters())
    let durable: Atomic<UInt64>
    let generations: Mutex<GenerationCounter>

    /// Work for the flusher.
    let work = FlushGate()
    /// Work for the preparer.
    let preparing = FlushGate()
    /// Room for reservations, or the end.
    let room = FlushGate()
    /// A durable LSN, or the end.
    let progress = FlushGate()
    /// Held while a flush is written: the segment being written belongs to its holder.
    let flushTurn = Turn()
    /// Held while files are prepared or the ballast is handled.
    let prepareTurn = Turn()
    let generationTurn = Turn()
    let flusher: Flusher
    /// What makes way before writes are refused.
    private let relief = Mutex<(any DiskRelief)?>(nil)
    /// How long flushes took, from their first write to the end of their sync.
    package let flushDurations = DurationCounts()
    private let onFatal: @Sendable (JournalError) -> Void

    init(
        store: SegmentStore, time: any TimeSource, random: any RandomSource, options: JournalOptions,
        faults: JournalFaults, manifests: ManifestStore, state: AppendState, current: OpenSegment,
        onFatal: @escaping @Sendable (JournalError) -> Void
    ) {
        self.store = store
        self.time = time
        self.random = random
        self.options = options
        self.faults = faults
        self.manifests = manifests
        var state = state
        state.currentRoom = options.usable(current.left)
        durable = Atomic(state.lastLSN.rawValue)
        generations = Mutex(GenerationCounter(next: manifests.current.generationCeiling))
        flusher = Flusher(current, now: time.monotonic())
        self.state = Mutex(state)
        self.onFatal = onFatal
    }

    /// From now on this makes way where the disk is full, before writes are refused.
    package func whenDiskFull(_ relief: any DiskRelief) { self.relief.withLock { $0 = relief } }

    var hasRelief: Bool { relief.withLock { $0 }?.hasAny ?? false }

    /// Lets what may make way do so. Blocks.
    ///
    /// - Returns: whether it is worth while to try again.
    package func makeRoom() -> Bool { relief.withLock { $0 }?.letGo() ?? false }

    /// An encoder whose parts fit this journal.
    package func makeEncoder() -> RecordEncoder { RecordEncoder(partBytes: options.partBytes, faults: faults) }

    /// Ends acknowledging for good (rule J6). Where the process goes on after `onFatal`, whoever waits is told that nobody
    /// knows what the disk holds.
    func fail(_ error: JournalError) {
        let isFirst = state.withLock { state in
            guard state.end == nil else { return false }
            state.end = .failed(error)
            return true
        }
        guard isFirst else { return }
        wakeEverybody()
        onFatal(error)
        giveUpWaiters()
    }

    func wakeEverybody() {
        for gate in [work, preparing, room, progress] { gate.advance() }
    }

    /// Why the journal has ended, if it has.
    package var ended: JournalError? {
        state.withLock { state in
            switch state.end {
            case .failed(let error): error
            case .closed: .closed
            case nil: nil
            }
        }
    }

    /// Flushes everything, witnesses it, tells the waiters, and ends. `flushLoop` and `prepareLoop` return soon after.
    package func close() {
        flushTurn.take {
            if ended == nil {
                while flushStep() == .wrote {}
                if ended == nil { witness() }
            }
            prepareTurn.take {
                let slots = state.withLock { state in
                    if state.end == nil { state.end = .closed }
                    return state.pool.takeAll()
                }
                for slot in slots { slot.file.close() }
            }
        }
        wakeEverybody()
    }
}
