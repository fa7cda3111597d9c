import Vocabulary

/// RFC 3339 in UTC with milliseconds, from days and without a calendar library
/// (algorithm: https://howardhinnant.github.io/date_algorithms.html#civil_from_days).
enum TimeText {
    static func rfc3339(_ time: WallTime) -> String {
        let day = floorDivide(time.milliseconds, 86_400_000)
        let rest = time.milliseconds - day * 86_400_000
        let (year, month, date) = civil(day)
        let clock = "\(pad(rest / 3_600_000)):\(pad(rest / 60_000 % 60)):\(pad(rest / 1000 % 60))"
        return "\(pad(year, 4))-\(pad(month))-\(pad(date))T\(clock).\(pad(rest % 1000, 3))Z"
    }

    private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, date)
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : (a - b + 1) / b }

    private static func pad(_ value: Int64, _ width: Int = 2) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

/// Durations in requests: `30s`, `15m`, `24h`, `7d`.
enum SpanText {
    /// - Returns: seconds; nil for anything else, or beyond ten years.
    static func seconds(_ text: String) -> Int64? {
        guard let unit = text.last, let factor = ["s": 1, "m": 60, "h": 3600, "d": 86_400][unit],
            let count = Int64(text.dropLast()), count > 0
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: Int64(factor))
        return overflow || product > 315_360_000 ? nil : product
    }
}
