import Hrana

/// Values as JSON, appended to a text. What would steer a terminal is escaped, also where JSON would not ask for it.
enum JSONText {
    /// As in the data plane's `POST query`: integers beyond 2⁵³ and infinities as strings, blobs as `{"base64": …}`.
    static func append(_ value: Value, to out: inout String) {
        switch value {
        case .null: out += "null"
        case .integer(let number):
            if number.magnitude <= 1 << 53 { out += String(number) } else { out += "\"\(number)\"" }
        case .float(let number):
            out += number.isFinite ? number.description : number > 0 ? "\"Infinity\"" : "\"-Infinity\""
        case .text(let text): append(text, to: &out)
        case .blob(let bytes):
            out += "{\"base64\":\""
            out += Base64Text.encode(bytes)
            out += "\"}"
        }
    }

    static func append(_ text: String, to out: inout String) {
        out += "\""
        if text.utf8.allSatisfy(isPlain) {
            out += text
        } else {
            for scalar in text.unicodeScalars { append(scalar, to: &out) }
        }
        out += "\""
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func append(_ scalar: Unicode.Scalar, to out: inout String) {
        switch scalar {
        case "\"": out += "\\\""
        case "\\": out += "\\\\"
        case "\n": out += "\\n"
        case "\r": out += "\\r"
        case "\t": out += "\\t"
        case _ where TerminalText.steers(scalar):
            let digits = String(scalar.value, radix: 16)
            out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: out.unicodeScalars.append(scalar)
        }
    }
}

/// Base64 with padding.
package enum Base64Text {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { out in
            var at = 0
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let second = start + 1 < bytes.count ? bytes[start + 1] : 0
                let third = start + 2 < bytes.count ? bytes[start + 2] : 0
                let group = UInt32(bytes[start]) << 16 | UInt32(second) << 8 | UInt32(third)
                for place in 0..<4 {
                    let isPadding = start + place > bytes.count
                    out[at] = isPadding ? UInt8(ascii: "=") : alphabet[Int(group >> (18 - 6 * place) & 63)]
                    at += 1
                }
            }
            return at
        }
    }
}
