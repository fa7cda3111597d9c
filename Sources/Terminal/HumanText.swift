/// Quantities as people read them. Nothing here is meant to be parsed again; `--json` gives exact values.
package enum HumanText {
    /// `0 B`, `812 B`, `1.4 KiB`, `27 MiB`.
    package static func size(_ bytes: Int64) -> String {
        guard bytes >= 1024 else { return "\(bytes) B" }
        var value = Double(bytes)
        var unit = 0
        while value >= 1023.5, unit < 5 {
            value /= 1024
            unit += 1
        }
        return "\(short(value)) \(["B", "KiB", "MiB", "GiB", "TiB", "PiB"][unit])"
    }

    /// `0.4 ms`, `12 ms`, `3.2 s`, `4 m 10 s`, `2 h 5 m`, `3 d 4 h`.
    package static func duration(_ duration: Duration) -> String {
        let seconds = seconds(duration)
        if seconds < 0.9995 { return "\(short(seconds * 1000)) ms" }
        if seconds < 59.95 { return "\(short(seconds)) s" }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return parts(whole / 60, "m", whole % 60, "s") }
        if whole < 86_400 { return parts(whole / 3600, "h", whole % 3600 / 60, "m") }
        return parts(whole / 86_400, "d", whole % 86_400 / 3600, "h")
    }

    /// `1 row`, `3 rows`.
    package static func count(_ number: Int64, _ one: String, _ many: String? = nil) -> String {
        "\(number) \(number == 1 ? one : many ?? one + "s")"
    }

    package static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    private static func parts(_ large: Int, _ unit: String, _ small: Int, _ smallUnit: String) -> String {
        small == 0 ? "\(large) \(unit)" : "\(large) \(unit) \(small) \(smallUnit)"
    }

    /// One digit after the point below ten, none above.
    private static func short(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return value < 9.95 && tenths % 10 != 0 ? "\(tenths / 10).\(tenths % 10)" : "\(Int(value.rounded()))"
    }
}
