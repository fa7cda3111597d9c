/// Durations as people write them: a whole number and `us`, `ms`, `s`, `m`, `h` or `d`.
package enum DurationText {
    private static let units: [(name: String, microseconds: Int)] = [
        ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1),
    ]

    static let unitNames = units.reversed().map(\.name).joined(separator: ", ")

    /// `nil` where the unit is missing or another one, or the span exceeds 292,000 years.
    package static func parse(_ text: String) -> Duration? {
        guard let (number, unit) = UnitText.split(text), let scale = units.first(where: { $0.name == unit })
        else { return nil }
        let (total, overflow) = number.multipliedReportingOverflow(by: scale.microseconds)
        return overflow ? nil : .microseconds(total)
    }

    /// In the largest unit that needs no fraction; what is below a microsecond is dropped.
    package static func print(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let total = Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
        guard total != 0, let unit = units.first(where: { total % $0.microseconds == 0 }) else { return "0s" }
        return "\(total / unit.microseconds)\(unit.name)"
    }
}
