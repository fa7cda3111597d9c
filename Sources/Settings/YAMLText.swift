/// Writes scalars so that they read back as the same text, also inside `[…]` and `{…}`.
enum YAMLText {
    static func scalar(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.utf8.allSatisfy(isSafe) && !["-", ":", "."].contains(text.first)
            && text.last != ":" && !["null", "Null", "NULL"].contains(text)
        return isPlain || text.hasPrefix("./") && text.utf8.allSatisfy(isSafe) ? text : quoted(text)
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "/"), UInt8(ascii: ":"):
            true
        default: false
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
