package import Catalog
package import Seams
import Synchronization

/// Polls the change log at a constant rate, whether or not anything happens, and hands the events on.
package final class ChangePoller: Sendable {
    package static let standardInterval: UInt64 = 250_000_000

    private let log: ChangeLog
    private let time: any TimeSource
    private let sleep: Sleep
    private let interval: UInt64
    private let handler: @Sendable (ChangeEvent) -> Void
    private let heard = Atomic<UInt64>(0)

    /// - Parameter interval: nanoseconds between two polls.
    /// - Parameter handler: called in order, one event at a time, on the poller's task; short, it holds up the next poll.
    package init(
        _ log: ChangeLog, interval: UInt64 = standardInterval, time: any TimeSource, sleep: @escaping Sleep,
        handler: @escaping @Sendable (ChangeEvent) -> Void
    ) {
        self.log = log
        self.interval = interval
        self.time = time
        self.sleep = sleep
        self.handler = handler
    }

    /// When the last poll that was answered, and whose changes were all handled, had been sent: every change that was
    /// committed before then is known here. Nil before the first.
    package var lastHeard: Instant? {
        let nanoseconds = heard.load(ordering: .acquiring)
        return nanoseconds == 0 ? nil : Instant(nanoseconds: nanoseconds)
    }

    /// Runs until the task is cancelled. While the catalog cannot be reached it keeps asking at the same rate.
    package func run() async {
        var follower = ChangeFollower()
        while true {
            let sent = time.monotonic()
            if (try? await poll(&follower)) == true { heard.store(sent.nanoseconds, ordering: .releasing) }
            do { try await sleep(interval) } catch { return }
        }
    }

    /// One poll: the counters, then one page of each that moved.
    ///
    /// - Returns: true if nothing is left to read.
    /// - Throws: `CatalogError`.
    func poll(_ follower: inout ChangeFollower) async throws(CatalogError) -> Bool {
        var caughtUp = true
        let (events, readings) = follower.compare(try await log.positions())
        for event in events { handler(event) }
        for reading in readings {
            let changes = try await log.changes(in: reading.bucket, after: reading.after)
            for event in follower.received(changes, for: reading) { handler(event) }
            if changes.count == ChangeLog.page { caughtUp = false }
        }
        return caughtUp
    }
}
