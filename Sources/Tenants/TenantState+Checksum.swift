import Vocabulary

/// A checksum goes on from the old image of each page that changes. Where one is not to be had, or too many were needed at once,
/// nobody knows it until it is computed anew from the file.
extension TenantState {
    /// Stands for a checksum that nobody knows. One that is so by chance is computed once too often.
    static let unknownChecksum: UInt64 = 0

    package var isChecksumKnown: Bool { checksum != Self.unknownChecksum }
}
