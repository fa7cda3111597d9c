import Glibc

/// Whose word counts on where a request comes from.
///
/// A proxy of ours appends the address that it saw to `X-Forwarded-For`; everything before that is whatever the client
/// wrote there. So the list is read from its end, for as long as the writer of the next entry is trusted.
package struct TrustedProxies: Sendable {
    package static let none = TrustedProxies()

    /// An entry beyond these is not looked at: nobody has so many proxies in a row.
    private static let most = 16

    private let contains: (@Sendable (String) -> Bool)?

    private init() { contains = nil }

    /// - Parameter contains: whether an address, as text, is a trusted proxy's.
    package init(_ contains: @escaping @Sendable (String) -> Bool) { self.contains = contains }

    package func trusts(_ address: String) -> Bool { contains?(address) ?? false }

    /// Where a request comes from, as text: the last address that no trusted proxy has.
    ///
    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - forwardedFor: the values of `X-Forwarded-For`, in the order of the headers.
    package func client(peer: String, forwardedFor: [String]) -> String {
        guard contains != nil, trusts(peer) else { return peer }
        var client = peer
        let entries = forwardedFor.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        for entry in entries.suffix(Self.most).reversed() {
            // Behind an entry that is no address nothing can be believed.
            guard let address = Self.address(entry) else { break }
            client = address
            guard trusts(address) else { break }
        }
        return client
    }

    /// Without port and brackets: `1.2.3.4`, `1.2.3.4:5`, `::1`, `[::1]:5`.
    private static func address(_ entry: Substring) -> String? {
        var text = entry.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else { return nil }
            text = text[text.index(after: text.startIndex)..<close]
        } else if text.filter({ $0 == ":" }).count == 1, let colon = text.firstIndex(of: ":") {
            text = text[..<colon]
        }
        let address = String(text)
        var bytes = in6_addr()
        guard inet_pton(AF_INET, address, &bytes) == 1 || inet_pton(AF_INET6, address, &bytes) == 1 else { return nil }
        return address
    }
}
