/// How long statements took, in classes a quarter of a doubling wide, from a microsecond to two minutes. Half a KiB.
struct LatencyHistogram {
    private static let firstExponent = 10
    private static let classes = 28 * 4

    private var counts = [UInt32](repeating: 0, count: classes)
    private(set) var longest: UInt64 = 0

    mutating func add(_ nanoseconds: UInt64) {
        let index = Self.index(nanoseconds)
        counts[index] = counts[index] == .max ? .max : counts[index] + 1
        longest = max(longest, nanoseconds)
    }

    /// The time within which that share of the statements ended, to a fifth; 0 where there were none.
    ///
    /// - Parameter share: from 0 to 1.
    func percentile(_ share: Double) -> UInt64 {
        let total = counts.reduce(0) { $0 + UInt64($1) }
        guard total > 0 else { return 0 }
        let wanted = max(1, UInt64((Double(total) * share).rounded(.up)))
        var seen: UInt64 = 0
        for (index, count) in counts.enumerated() {
            seen += UInt64(count)
            if seen >= wanted { return index == Self.classes - 1 ? longest : min(Self.end(of: index), longest) }
        }
        return longest
    }

    private static func index(_ nanoseconds: UInt64) -> Int {
        let value = max(nanoseconds, 1 << firstExponent)
        let exponent = 63 - value.leadingZeroBitCount
        let quarter = Int((value >> (UInt64(exponent) - 2)) & 3)
        return min((exponent - firstExponent) * 4 + quarter, classes - 1)
    }

    /// The first time that is in the next class.
    private static func end(of index: Int) -> UInt64 {
        let exponent = UInt64(index / 4 + firstExponent)
        return (5 + UInt64(index % 4)) << (exponent - 2)
    }
}
