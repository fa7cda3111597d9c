/// A user's id: random, given once, never changed, never reused.
package struct UserID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Sixteen hexadecimal digits.
    package var description: String { TenantID(rawValue).description }

    /// Reads what `description` printed; nil for anything else.
    package init?(hex: some StringProtocol) {
        guard let id = TenantID(hex: hex) else { return nil }
        self.init(id.rawValue)
    }

    package static func < (a: UserID, b: UserID) -> Bool { a.rawValue < b.rawValue }
}
