import Vocabulary

/// The large records whose parts the recovery point must not come between: without its first parts a commit counts for
/// nothing. Pure.
///
/// Bounded by the journal's size: each is longer than a part.
struct PartedRecords {
    private var ranges: [ClosedRange<LSN>] = []

    mutating func add(_ range: ClosedRange<LSN>) {
        if range.lowerBound < range.upperBound { ranges.append(range) }
    }

    /// The highest point at or below `lsn` that lies within none of them.
    func point(atMost lsn: LSN) -> LSN {
        var point = lsn
        // From the newest down, since moving below one may lead into another that it was written between.
        for range in ranges.reversed() where range.lowerBound <= point && point < range.upperBound {
            point = LSN(range.lowerBound.rawValue - 1)
        }
        return point
    }

    mutating func forget(upTo point: LSN) { ranges.removeAll { $0.upperBound <= point } }
}
