import Foundation

/// Passwords as people type them.
enum PasswordText {
    /// Characters.
    static let shortest = 8
    /// Bytes.
    static let longest = 1024

    /// A new password's bytes.
    ///
    /// - Throws: what is wrong with it.
    static func new(_ text: String) throws(PasswordFault) -> [UInt8] {
        guard text.utf8.count <= longest else { throw .tooLong }
        guard text.count >= shortest else { throw .tooShort }
        return bytes(text)
    }

    /// NFC, since keyboards spell the same letters differently; nothing else is folded.
    static func bytes(_ text: String) -> [UInt8] { Array(text.precomposedStringWithCanonicalMapping.utf8) }
}
