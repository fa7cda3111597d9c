import Crypto

/// Tokens of a session's length, by number.
enum TokenText {
    static func text(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "A", count: 43 - digits.utf8.count) + digits
    }

    static func digest(_ token: String) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }
}
