package import Vocabulary

/// A part of each day, in UTC: from a minute of the day (0…1439) up to another, which it excludes. A window that ends
/// before it begins goes over midnight.
package struct TimeWindow: Equatable, Sendable, CustomStringConvertible {
    package let from: Int
    package let to: Int

    /// Nil where a minute is not one of the day, or both are the same.
    package init?(from: Int, to: Int) {
        guard (0..<1440).contains(from), (0..<1440).contains(to), from != to else { return nil }
        self.from = from
        self.to = to
    }

    package func contains(_ time: WallTime) -> Bool {
        let minute = Self.minute(of: time)
        return from < to ? minute >= from && minute < to : minute >= from || minute < to
    }

    private static func minute(of time: WallTime) -> Int {
        let day: Int64 = 86_400_000
        let inDay = ((time.milliseconds % day) + day) % day
        return Int(inDay / 60_000)
    }

    package var description: String { "\(Self.clock(from))–\(Self.clock(to)) UTC" }

    private static func clock(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }
}
