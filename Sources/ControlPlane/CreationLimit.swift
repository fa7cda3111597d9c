package import Seams
import Synchronization

/// A node's share of tenants that are made without an operator: by their first use, and by signing up. Any thread may ask.
package final class CreationLimit: Sendable {
    private let meter: Mutex<CreationMeter>
    private let time: any TimeSource

    /// - Parameter perCaller: tenants that one caller may have made in a minute; `perNode` for all together.
    package init(perCaller: Int, perNode: Int, time: any TimeSource) {
        meter = Mutex(CreationMeter(perCaller: perCaller, perNode: perNode))
        self.time = time
    }

    /// Counts one.
    ///
    /// - Returns: nil if it may be made, else seconds to wait.
    func take(_ caller: UInt64) -> Int? {
        let now = time.monotonic()
        return meter.withLock { $0.take(caller, at: now) }
    }
}
