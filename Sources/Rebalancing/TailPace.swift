/// When a tenant whose changes are being followed is to be frozen: when what has changed can be sent within the pause that is
/// allowed. Pure; times in nanoseconds.
package struct TailPace: Equatable, Sendable {
    package struct Limits: Equatable, Sendable {
        /// That writes may be parked for the rest.
        package var pause: UInt64
        /// The same where writes change pages about as fast as they can be sent.
        package var longestPause: UInt64
        /// Batches in vain, one after the other, after which it will not become much less.
        package var patience: Int

        package init(pause: UInt64, longestPause: UInt64, patience: Int) {
            self.pause = pause
            self.longestPause = longestPause
            self.patience = patience
        }
    }

    /// Batches from which the time of a page can be told from that of the call: 256 KiB.
    private static let manyPages = 64

    private let limits: Limits
    /// Moving averages with a weight of a quarter for the newest: of one page in a large batch, and of a call without its pages.
    private var pageTime: Double?
    private var callTime: Double?
    private var pending: Int?
    private var sent = 0
    private var vain = 0

    package init(_ limits: Limits) { self.limits = limits }

    /// Pages were sent and taken.
    package mutating func sent(pages: Int, in nanoseconds: UInt64) {
        let time = Double(nanoseconds)
        if pages >= Self.manyPages { pageTime = Self.mean(pageTime, time / Double(pages)) }
        callTime = Self.mean(callTime, max(time - Double(pages) * (pageTime ?? 0), 0))
        sent = pages
    }

    private static func mean(_ old: Double?, _ new: Double) -> Double { old.map { $0 * 0.75 + new * 0.25 } ?? new }

    /// To be asked each time anew what has changed, before it is sent.
    ///
    /// - Parameter pages: that differ now.
    /// - Returns: whether the tenant is to be frozen when these are sent.
    package mutating func isEnough(_ pages: Int) -> Bool {
        if let pending, sent > 0 { vain = (pending - pages) * 4 < sent ? vain + 1 : 0 }
        pending = pages
        guard callTime != nil else { return pages == 0 }
        let pause = predicted(pages)
        return pause <= limits.pause || (vain >= limits.patience && pause <= limits.longestPause)
    }

    /// How long so many would take.
    package func predicted(_ pages: Int) -> UInt64 {
        UInt64((callTime ?? 0) + (pageTime ?? 0) * Double(pages))
    }
}
