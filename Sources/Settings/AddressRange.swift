import Foundation

/// An IP address or a block of them: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.
package struct AddressRange: Sendable, Equatable, CustomStringConvertible {
    /// 4 or 16 bytes; those beyond the prefix are zero.
    package let bytes: [UInt8]
    /// Leading bits that count.
    package let prefix: Int

    package static let loopback = [AddressRange("127.0.0.0/8")!, AddressRange("::1")!]

    /// `nil` where the text is no address, or has bits set beyond the prefix (most likely a slip).
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = Self.bytes(of: String(parts[0])) else { return nil }
        let width = bytes.count * 8
        var prefix = width
        if parts.count == 2 {
            guard let given = Int(parts[1]), String(given) == parts[1], (0...width).contains(given) else { return nil }
            prefix = given
        }
        guard Self.masked(bytes, prefix) == bytes else { return nil }
        self.bytes = bytes
        self.prefix = prefix
    }

    /// Whether an address (as text, without a port or zone) lies in the block. An IPv4 address mapped into IPv6
    /// counts as the IPv4 address.
    package func contains(_ address: String) -> Bool {
        guard var other = Self.bytes(of: address) else { return false }
        if other.count == 16, bytes.count == 4, other.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] {
            other = Array(other.suffix(4))
        }
        return other.count == bytes.count && Self.masked(other, prefix) == bytes
    }

    package var description: String {
        var storage = bytes
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, &storage, &text, socklen_t(text.count))
        let end = text.firstIndex(of: 0) ?? text.endIndex
        let address = String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return prefix == bytes.count * 8 ? address : "\(address)/\(prefix)"
    }

    static func bytes(of address: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, address, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, address, &sixteen) == 1 ? sixteen : nil
    }

    private static func masked(_ bytes: [UInt8], _ prefix: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(8, max(0, prefix - index * 8))
            return kept == 0 ? 0 : byte & (0xFF << UInt8(8 - kept))
        }
    }
}
