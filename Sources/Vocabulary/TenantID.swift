/// A tenant's internal id: given once, never changed, never reused. The key that clients use may be renamed; this not.
///
/// Ids below 256 belong to the node itself (they mean something on one node only); every other id is random and is
/// kept unique by the catalog.
package struct TenantID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// The embedded catalog, a tenant of the same engine.
    package static let catalog = TenantID(1)
    /// The node state database (rule J3).
    package static let nodeState = TenantID(2)

    package static let firstFree: UInt64 = 256

    package var isReserved: Bool { rawValue < Self.firstFree }

    /// Sixteen hexadecimal digits, as used in file names and APIs.
    package var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// Reads what `description` printed; nil for anything else.
    package init?(hex: some StringProtocol) {
        guard hex.utf8.count == 16, hex.utf8.allSatisfy(Self.isLowerHex), let value = UInt64(hex, radix: 16) else {
            return nil
        }
        self.rawValue = value
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    package static func < (a: TenantID, b: TenantID) -> Bool { a.rawValue < b.rawValue }
}
