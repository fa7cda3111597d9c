/// A part of each day in UTC, such as `22:00-06:00`: from a minute up to another, which it excludes.
package struct DailyWindow: Sendable, Equatable, CustomStringConvertible {
    /// Minutes of the day, 0…1439.
    package let from: Int
    package let to: Int

    package init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.minute)
        guard ends.count == 2, let from = ends[0], let to = ends[1], from != to else { return nil }
        self.from = from
        self.to = to
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.allSatisfy { $0.isASCII && $0.isNumber } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }

    package var description: String { "\(Self.clock(from))-\(Self.clock(to))" }

    private static func clock(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }
}
