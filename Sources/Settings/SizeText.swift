/// Sizes as people write them: a whole number and `B`, `KiB`, `MiB`, `GiB` or `TiB` (powers of 1024).
package enum SizeText {
    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    static let unitNames = units.reversed().map(\.name).joined(separator: ", ")

    /// Bytes; `nil` where the unit is missing or another one, or the number does not fit 63 bits.
    package static func parse(_ text: String) -> Int? {
        guard let (number, unit) = UnitText.split(text), let scale = units.first(where: { $0.name == unit })
        else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: scale.bytes)
        return overflow ? nil : bytes
    }

    /// In the largest unit that needs no fraction, so that ``parse(_:)`` gives the same bytes back.
    package static func print(_ bytes: Int) -> String {
        guard bytes != 0, let unit = units.first(where: { bytes % $0.bytes == 0 }) else { return "\(bytes)B" }
        return "\(bytes / unit.bytes)\(unit.name)"
    }
}

/// A whole number with a unit right behind it.
enum UnitText {
    static func split(_ text: String) -> (number: Int, unit: String)? {
        let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty, let number = Int(String(Substring(digits))) else { return nil }
        return (number, String(text.dropFirst(digits.count)))
    }
}
