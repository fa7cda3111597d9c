import Vocabulary

/// Numbers as the plan prints them: the same on every machine.
enum Text {
    /// One decimal.
    static func percent(_ share: Double) -> String { "\(oneDecimal(share * 100)) %" }

    static func bytes(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var amount = Double(bytes)
        var unit = 0
        while amount >= 1024, unit < units.count - 1 {
            amount /= 1024
            unit += 1
        }
        return unit == 0 ? "\(bytes) B" : "\(oneDecimal(amount)) \(units[unit])"
    }

    static func span(_ span: Duration) -> String {
        let milliseconds = span.milliseconds
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        if milliseconds < 120_000 { return "\(oneDecimal(Double(milliseconds) / 1000)) s" }
        return "\(milliseconds / 60_000) min"
    }

    /// To the minute, in UTC; who reads it does so within a day.
    static func clock(_ time: WallTime) -> String {
        let minutes = time.milliseconds / 60_000
        let (hour, minute) = (minutes / 60 % 24, minutes % 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute) UTC"
    }

    /// Four decimals.
    static func number(_ number: Double) -> String {
        let scaled = (number * 10_000).rounded()
        guard scaled.magnitude < 1e15 else { return "\(number)" }
        let digits = String(Int64(scaled.magnitude))
        let padded = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        return (scaled < 0 ? "-" : "") + padded.dropLast(4) + "." + padded.suffix(4)
    }

    private static func oneDecimal(_ number: Double) -> String {
        let tenths = (number * 10).rounded()
        guard tenths.magnitude < 1e15 else { return "\(number)" }
        let whole = Int64(tenths.magnitude)
        return (tenths < 0 ? "-" : "") + "\(whole / 10).\(whole % 10)"
    }
}
