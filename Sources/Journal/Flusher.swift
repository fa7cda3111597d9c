import Seams
import Vocabulary

/// What only the holder of the flush turn touches.
final class Flusher: @unchecked Sendable {
    // Safe to share: every access holds `Journal.flushTurn`.
    var current: OpenSegment
    var pacing: FlushPacing
    /// The small flush that the proof of rule J5 joins with the next one.
    var rewritable: (offset: Int, flush: FlushHeader, payload: [UInt8])?

    init(_ current: OpenSegment, now: Instant) {
        self.current = current
        pacing = FlushPacing(lastFlush: now)
    }
}

/// When the next flush is due: pure.
struct FlushPacing {
    /// When the last flush ended.
    private var lastFlush: Instant
    private var lastRecords = 0
    /// Whether a later flush header has said that the last records are durable.
    private var isWitnessed = true

    init(lastFlush: Instant) { self.lastFlush = lastFlush }

    enum Next: Equatable {
        case flush
        /// More gathers in the meantime.
        case pause(nanoseconds: UInt64)
        case witness
        /// Nothing waits; nil for as long as it takes.
        case sleep(nanoseconds: UInt64?)
    }

    func next(waitingBytes: Int, now: Instant, options: JournalOptions) -> Next {
        let idle = now.nanoseconds(since: lastFlush)
        if waitingBytes > 0 {
            let isUrgent = waitingBytes >= options.flushBytes / 2
            guard lastRecords >= options.loadRecords, !isUrgent, idle < options.flushPause else { return .flush }
            return .pause(nanoseconds: options.flushPause - idle)
        }
        if isWitnessed { return .sleep(nanoseconds: nil) }
        return idle >= options.witnessDelay ? .witness : .sleep(nanoseconds: options.witnessDelay - idle)
    }

    mutating func flushed(records: Int, now: Instant) {
        lastFlush = now
        lastRecords = records
        isWitnessed = records == 0
    }
}
