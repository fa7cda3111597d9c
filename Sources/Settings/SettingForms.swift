extension SettingForm where Value == Int {
    static func size(_ range: ClosedRange<Int>, zeroMeans none: String? = nil) -> SettingForm {
        let bounds = "a size from \(SizeText.print(range.lowerBound)) to \(SizeText.print(range.upperBound))"
        let zero = none.map { ", or 0 for \($0)" } ?? ""
        return scalar(
            "size", expected: bounds + zero, units: SizeText.unitNames,
            parse: { text in
                if none != nil, text == "0" { return 0 }
                return SizeText.parse(text).flatMap { range.contains($0) || (none != nil && $0 == 0) ? $0 : nil }
            },
            print: { none != nil && $0 == 0 ? "0" : SizeText.print($0) })
    }

    static func count(_ range: ClosedRange<Int>) -> SettingForm {
        scalar(
            "count", expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            parse: { text in Int(text).flatMap { String($0) == text && range.contains($0) ? $0 : nil } },
            print: { String($0) })
    }
}

extension SettingForm where Value == Duration {
    static func duration(_ range: ClosedRange<Duration>) -> SettingForm {
        let bounds = "\(DurationText.print(range.lowerBound)) to \(DurationText.print(range.upperBound))"
        return scalar(
            "duration", expected: "a duration from \(bounds)", units: DurationText.unitNames,
            parse: { text in DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil } },
            print: { DurationText.print($0) })
    }
}

extension SettingForm where Value == Bool {
    static var boolean: SettingForm {
        scalar(
            "boolean", expected: "true or false",
            parse: { $0 == "true" ? true : $0 == "false" ? false : nil }, print: { $0 ? "true" : "false" })
    }
}

extension SettingForm where Value == String {
    /// Any text of 1–4096 bytes without control characters.
    static func text(_ kind: String, expected: String) -> SettingForm {
        scalar(kind, expected: expected, parse: { isLine($0) ? $0 : nil }, print: { $0 })
    }

    static var path: SettingForm { text("path", expected: "a path, absolute or from the working directory") }

    /// `a-z`, `A-Z`, `0-9`, `.`, `_`, `-`; 1–63 of them.
    static func name(_ expected: String) -> SettingForm {
        scalar("name", expected: expected, parse: { isName($0) ? $0 : nil }, print: { $0 })
    }

    static var domain: SettingForm {
        scalar(
            "domain", expected: "a lower-case domain of at least two labels, such as db.example.com",
            parse: { isDomain($0) ? $0 : nil }, print: { $0 })
    }

    static func isLine(_ text: String) -> Bool {
        (1...4096).contains(text.utf8.count)
            && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    static func isName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy { isLetterOrDigit($0) || [0x2D, 0x2E, 0x5F].contains($0) }
    }

    private static func isDomain(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 189 && labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { $0 == 0x2D || (isLetterOrDigit($0) && !(0x41...0x5A).contains($0)) }
            }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

extension SettingForm where Value == ListenAddress {
    static var listenAddress: SettingForm {
        scalar(
            "address", expected: "host:port, such as 127.0.0.1:8080 or [::]:8080", parse: { ListenAddress($0) },
            print: { $0.description })
    }
}

extension SettingForm where Value == HTTPOrigin {
    static func origin(_ expected: String) -> SettingForm {
        scalar("origin", expected: expected, parse: { HTTPOrigin($0) }, print: { $0.description })
    }

    /// Calls between nodes are signed, not encrypted, until TLS is built.
    static var nodeAddress: SettingForm {
        scalar(
            "node address", expected: "http://host:port without a path",
            parse: { HTTPOrigin($0).flatMap { $0.isSecure ? nil : $0 } }, print: { $0.description })
    }
}

extension SettingForm where Value == AddressRange {
    static var addressRange: SettingForm {
        scalar(
            "address range", expected: "an IP address or a block such as 10.0.0.0/8", parse: { AddressRange($0) },
            print: { $0.description })
    }
}

extension SettingForm where Value == DailyWindow {
    static var dailyWindow: SettingForm {
        scalar(
            "window", expected: "a part of the day in UTC such as 22:00-06:00", parse: { DailyWindow($0) },
            print: { $0.description })
    }
}

extension SettingForm where Value == LaneCount {
    static var lanes: SettingForm {
        scalar(
            "count", expected: "auto (one for each core) or a whole number from 1 to 256",
            parse: { text in
                if text == "auto" { return .automatic }
                return Int(text).flatMap { String($0) == text && (1...256).contains($0) ? .exactly($0) : nil }
            },
            print: { lanes in
                switch lanes {
                case .automatic: "auto"
                case .exactly(let count): String(count)
                }
            })
    }
}
