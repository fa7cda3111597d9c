package import Seams
import Synchronization
package import Vocabulary

/// Clocks that stand still until they are told to move.
package final class ManualTime: TimeSource {
    private struct Reading {
        var nanoseconds: UInt64
        var milliseconds: Int64
    }

    private let reading: Mutex<Reading>

    package init(nanoseconds: UInt64 = 1_000_000_000, wallMilliseconds: Int64 = 1_700_000_000_000) {
        reading = Mutex(Reading(nanoseconds: nanoseconds, milliseconds: wallMilliseconds))
    }

    package func monotonic() -> Instant { Instant(nanoseconds: reading.withLock { $0.nanoseconds }) }
    package func wall() -> WallTime { WallTime(milliseconds: reading.withLock { $0.milliseconds }) }

    /// Moves both clocks.
    package func advance(nanoseconds: UInt64) {
        reading.withLock { reading in
            reading.nanoseconds += nanoseconds
            reading.milliseconds += Int64(nanoseconds / 1_000_000)
        }
    }

    /// Steps the wall clock alone, back too: no decision may depend on it.
    package func stepWall(milliseconds: Int64) { reading.withLock { $0.milliseconds += milliseconds } }
}
