import Glibc
package import Hrana

/// One value as text.
package enum ValueText {
    /// Bytes of a blob that are shown where people read.
    private static let shownBlob = 32

    /// For people: blobs as SQL writes them, long ones cut.
    static func shown(_ value: Value, null: String) -> String {
        switch value {
        case .null: return null
        case .integer(let number): return String(number)
        case .float(let number): return float(number)
        case .text(let text): return text
        case .blob(let bytes):
            guard bytes.count > shownBlob else { return hexadecimal(bytes[...]) }
            return hexadecimal(bytes[..<shownBlob]) + "… \(HumanText.size(Int64(bytes.count)))"
        }
    }

    static func isNumber(_ value: Value) -> Bool {
        switch value {
        case .integer, .float: true
        default: false
        }
    }

    /// The shortest text that is read as the same number; `Inf` and `-Inf` as SQLite writes them.
    static func float(_ number: Double) -> String {
        number.isFinite ? number.description : number > 0 ? "Inf" : "-Inf"
    }

    static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
        "x'"
            + String(unsafeUninitializedCapacity: bytes.count * 2) { out in
                var at = 0
                for byte in bytes {
                    out[at] = digit(byte >> 4)
                    out[at + 1] = digit(byte & 15)
                    at += 2
                }
                return at
            } + "'"
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// A value as a literal of SQL, which reads back as the same value of the same type.
    package static func literal(_ value: Value) -> String {
        switch value {
        case .null: "NULL"
        case .integer(let number): String(number)
        case .float(let number): number.isFinite ? number.description : number > 0 ? "9e999" : "-9e999"
        case .text(let text): literal(text)
        case .blob(let bytes): hexadecimal(bytes[...])
        }
    }

    /// In quotes. SQL ends at a zero byte, so text with one is put together from its parts.
    private static func literal(_ text: String) -> String {
        let quoted = "'" + text.replacing("'", with: "''") + "'"
        guard text.utf8.contains(0) else { return quoted }
        return "(" + quoted.replacing("\0", with: "'||char(0)||'") + ")"
    }

    /// A finite number by its 53 bits and powers of two, which every version of SQLite reads exactly: those before 3.42 misread a few
    /// decimal fractions by one bit.
    package static func exactLiteral(_ number: Double) -> String {
        guard number != 0 else { return "0.0" }
        var exponent = Int(number.exponent) - 52
        let digits = Int64(scalbn(number, -exponent))
        var text = "\(digits).0"
        while exponent != 0 {
            let step = min(abs(exponent), 50)
            text += exponent > 0 ? "*" : "/"
            text += "\(Int64(1) << Int64(step)).0"
            exponent -= exponent.signum() * step
        }
        return "(\(text))"
    }

    /// A name in quotes.
    package static func identifier(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
}
