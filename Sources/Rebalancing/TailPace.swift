/// When a tenant whose changes are being followed is to be frozen: when what is left can be sent within the pause that is
/// allowed. Pure; times in nanoseconds.
package struct TailPace: Equatable, Sendable {
    package struct Limits: Equatable, Sendable {
        /// That writes may be parked for the rest.
        package var pause: UInt64
        /// The same where writes change pages about as fast as they can be sent.
        package var longestPause: UInt64
        /// Batches within which what is left must have become less by a quarter; else it will not become much less.
        package var patience: Int

        package init(pause: UInt64, longestPause: UInt64, patience: Int) {
            self.pause = pause
            self.longestPause = longestPause
            self.patience = patience
        }
    }

    private let limits: Limits
    /// Of one page, and of a batch whatever its size: moving averages with a weight of a quarter for the newest.
    private var pageTime: Double = 0
    private var hasMeasured = false
    private var least: Int?
    private var batches = 0

    package init(_ limits: Limits) { self.limits = limits }

    /// A batch was sent and taken.
    ///
    /// - Parameter left: pages that have changed and were not in it.
    package mutating func sent(pages: Int, in nanoseconds: UInt64, left: Int) {
        let time = Double(nanoseconds) / Double(max(pages, 1))
        pageTime = hasMeasured ? pageTime * 0.75 + time * 0.25 : time
        hasMeasured = true
        if let least, left * 4 > least * 3 {
            batches += 1
        } else {
            least = left
            batches = 0
        }
    }

    /// How long the rest would take.
    package func predicted(left: Int) -> UInt64 { UInt64(pageTime * Double(left)) }

    package func isShort(left: Int) -> Bool {
        guard hasMeasured else { return left == 0 }
        let pause = predicted(left: left)
        return pause <= limits.pause || (batches >= limits.patience && pause <= limits.longestPause)
    }
}
