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

    /// Reads what `rfc3339` writes, with or without fractions, in any zone.
    static func time(_ text: String) -> WallTime? {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return bytes[range].reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] | 0x20 == 0x74, bytes[13] == 0x3A,
            bytes[16] == 0x3A, let year = number(0..<4), let month = number(5..<7), (1...12).contains(month),
            let day = number(8..<10), (1...31).contains(day), let hour = number(11..<13), hour < 24,
            let minute = number(14..<16), minute < 60, let second = number(17..<19), second <= 60
        else { return nil }
        var end = 19
        var fraction: Int64 = 0
        if bytes[end] == 0x2E {
            let digits = bytes[(end + 1)...].prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { return nil }
            fraction = (Array(digits.prefix(3)) + [0x30, 0x30]).prefix(3).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
            end = digits.endIndex
        }
        guard let zone = offset(Array(bytes[end...])) else { return nil }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - zone
        return WallTime(milliseconds: seconds * 1000 + fraction)
    }

    /// Seconds east of UTC: `Z`, `+02:00`.
    private static func offset(_ bytes: [UInt8]) -> Int64? {
        if bytes.count == 1, bytes[0] | 0x20 == 0x7A { return 0 }
        let digits = [1, 2, 4, 5]
        guard bytes.count == 6, bytes[0] == 0x2B || bytes[0] == 0x2D, bytes[3] == 0x3A,
            digits.allSatisfy({ (0x30...0x39).contains(bytes[$0]) })
        else { return nil }
        let values = digits.map { Int64(bytes[$0] - 0x30) }
        let span = (values[0] * 10 + values[1]) * 3600 + (values[2] * 10 + values[3]) * 60
        return bytes[0] == 0x2D ? -span : span
    }

    /// Since 1970; the opposite of `civil`.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = floorDivide(year, 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
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
