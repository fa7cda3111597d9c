/// Reads the host of a `Host` header or a listen address: `name`, `name:port`, `[v6]`, `[v6]:port`. Works on bytes; part of
/// the hot path.
enum HostText {
    /// Where the name is, without port and brackets; nil for what is no host.
    static func name(in host: borrowing Span<UInt8>) -> Range<Int>? {
        guard host.count > 0 else { return nil }
        if host[0] == UInt8(ascii: "[") {
            var end = 1
            while end < host.count, host[end] != UInt8(ascii: "]") { end += 1 }
            guard end < host.count, isPort(host, from: end + 1) else { return nil }
            return 1..<end
        }
        var end = 0
        while end < host.count, host[end] != UInt8(ascii: ":") { end += 1 }
        guard end > 0, isPort(host, from: end) else { return nil }
        return 0..<end
    }

    /// Nothing, or a colon and at most five digits.
    private static func isPort(_ host: borrowing Span<UInt8>, from start: Int) -> Bool {
        guard start < host.count else { return true }
        guard host[start] == UInt8(ascii: ":"), host.count - start <= 6 else { return false }
        for index in (start + 1)..<host.count where !(0x30...0x39).contains(host[index]) { return false }
        return true
    }

    /// `localhost`, 127.0.0.0/8 in four decimal parts, or `[::1]`.
    static func isLoopback(_ host: String) -> Bool {
        let bytes = host.utf8.span
        guard let name = name(in: bytes) else { return false }
        if bytes[0] == UInt8(ascii: "[") { return equals(bytes, name, "::1") }
        return equals(bytes, name, "localhost") || isLoopbackV4(bytes, name)
    }

    /// Exactly four numbers up to 255, as every resolver and no other host name understands them.
    private static func isLoopbackV4(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        var parts = 0
        var value = 0
        var digits = 0
        for index in range.lowerBound...range.upperBound {
            if index < range.upperBound, (0x30...0x39).contains(bytes[index]) {
                value = value * 10 + Int(bytes[index] - 0x30)
                digits += 1
                guard digits <= 3 else { return false }
                continue
            }
            guard index == range.upperBound || bytes[index] == UInt8(ascii: "."), digits > 0, value <= 255,
                parts > 0 || value == 127
            else { return false }
            parts += 1
            value = 0
            digits = 0
        }
        return parts == 4
    }

    /// Where the labels before `domain` are: empty for the domain itself, nil if the name is not under it.
    static func labels(in bytes: borrowing Span<UInt8>, _ name: Range<Int>, under domain: String) -> Range<Int>? {
        let length = domain.utf8.count
        guard length > 0, name.count >= length else { return nil }
        let start = name.upperBound - length
        guard equals(bytes, start..<name.upperBound, domain) else { return nil }
        if start == name.lowerBound { return start..<start }
        guard bytes[start - 1] == UInt8(ascii: "."), start - 1 > name.lowerBound else { return nil }
        return name.lowerBound..<(start - 1)
    }

    /// Compares with lower-case text; host names have no case.
    private static func equals(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>, _ text: String) -> Bool {
        let other = text.utf8.span
        guard range.count == other.count else { return false }
        for index in 0..<other.count where lowered(bytes[range.lowerBound + index]) != other[index] { return false }
        return true
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
