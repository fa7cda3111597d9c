/// 128 random bits that tell a thing from every other of its kind, whatever it is called: a data directory, a catalog.
package struct Identity: Hashable, Sendable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Thirty-two hexadecimal digits.
    package var description: String { "\(TenantID(high))\(TenantID(low))" }

    /// Reads what `description` printed; nil for anything else.
    package init?(hex: some StringProtocol) {
        guard hex.utf8.count == 32, let high = TenantID(hex: hex.prefix(16)), let low = TenantID(hex: hex.suffix(16))
        else { return nil }
        self.init(high: high.rawValue, low: low.rawValue)
    }
}
