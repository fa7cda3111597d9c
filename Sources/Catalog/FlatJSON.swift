/// JSON objects without nesting, as labels and quotas are stored: strings to strings, or strings to integers. Names are
/// written in byte order, so that equal maps are equal text.
enum FlatJSON {
    static func text(_ object: [String: String]) -> String {
        join(object.map { (quote($0), quote($1)) })
    }

    static func text(_ object: [String: Int64]) -> String {
        join(object.map { (quote($0), String($1)) })
    }

    /// How the text of an object that has this member holds it, behind the opening brace taken for a comma.
    static func member(_ name: String, _ value: String) -> String { "," + quote(name) + ":" + quote(value) }

    /// - Returns: nil for anything but an object of strings.
    static func strings(_ text: String) -> [String: String]? {
        var parser = FlatJSONParser(text)
        return parser.object { $0.string() }
    }

    /// - Returns: nil for anything but an object of 64-bit integers.
    static func integers(_ text: String) -> [String: Int64]? {
        var parser = FlatJSONParser(text)
        return parser.object { $0.integer() }
    }

    private static func join(_ members: [(String, String)]) -> String {
        let sorted = members.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
        return "{" + sorted.map { $0 + ":" + $1 }.joined(separator: ",") + "}"
    }

    private static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

/// Reads what `FlatJSON` writes and the same with white space and all of JSON's escapes.
private struct FlatJSONParser {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func object<Value>(_ value: (inout FlatJSONParser) -> Value?) -> [String: Value]? {
        var result: [String: Value] = [:]
        guard accept("{") else { return nil }
        if !accept("}") {
            repeat {
                guard let name = string(), accept(":"), let member = value(&self) else { return nil }
                result[name] = member
            } while accept(",")
            guard accept("}") else { return nil }
        }
        skipSpace()
        return current == nil ? result : nil
    }

    mutating func integer() -> Int64? {
        skipSpace()
        let start = position
        while let byte = current, byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte) { position += 1 }
        return Int64(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    mutating func string() -> String? {
        guard accept("\"") else { return nil }
        var text: [UInt8] = []
        while let byte = current, byte >= 0x20 {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                text.append(contentsOf: String(Character(scalar)).utf8)
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let byte = current else { return nil }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "u"): return unicodeEscape()
        default: return nil
        }
    }

    private mutating func unicodeEscape() -> Unicode.Scalar? {
        guard let first = hex4() else { return nil }
        guard (0xD800...0xDBFF).contains(first) else { return Unicode.Scalar(first) }
        guard current == UInt8(ascii: "\\") else { return nil }
        position += 1
        guard current == UInt8(ascii: "u") else { return nil }
        position += 1
        guard let second = hex4(), (0xDC00...0xDFFF).contains(second) else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private mutating func hex4() -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        defer { position += 4 }
        let digits = bytes[position..<position + 4]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
