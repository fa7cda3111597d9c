package import Vocabulary

/// Time as the rooms see it. Both readings come from one place, so that a simulator can own them.
package protocol TimeSource: Sendable {
    /// Nanoseconds on a clock that never goes back and counts while the machine is suspended. For every deadline.
    func monotonic() -> Instant
    /// For records and people.
    func wall() -> WallTime
}

/// A point on the monotonic clock, in nanoseconds.
package struct Instant: Hashable, Comparable, Sendable {
    package let nanoseconds: UInt64
    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }
    package static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
    /// Saturates rather than traps.
    package func advanced(byNanoseconds amount: UInt64) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(amount)
        return Instant(nanoseconds: overflow ? .max : sum)
    }
    /// Nanoseconds from `earlier` to here; 0 if it is not earlier.
    package func nanoseconds(since earlier: Instant) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }
    package static let distantFuture = Instant(nanoseconds: .max)
}

/// Randomness as the rooms see it.
package protocol RandomSource: Sendable {
    func next() -> UInt64
    /// Fit for secrets in the real implementation.
    func bytes(_ count: Int) -> [UInt8]
}
