/// Builds the path and query of a call.
package enum RequestPath {
    /// One segment or query value, everything but letters, digits and `-._~` percent-encoded, so that a key with a
    /// slash stays one segment.
    package static func encode(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    /// `/v1/tenants?prefix=a&limit=10`; values that are `nil` are left out.
    package static func build(_ segments: [String], query: [(name: String, value: String?)] = []) -> String {
        let path = segments.map { "/" + encode($0) }.joined()
        let pairs = query.compactMap { pair in pair.value.map { "\(pair.name)=\(encode($0))" } }
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }

    /// The base URL without a trailing slash; `nil` where it is no `http` or `https` URL with a host and nothing
    /// after its path.
    package static func base(_ url: String) -> String? {
        let lower = url.lowercased()
        guard let scheme = ["http://", "https://"].first(where: lower.hasPrefix) else { return nil }
        let rest = url.dropFirst(scheme.count)
        let allowed = rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"?#@\\\"<>".utf8.contains($0) }
        guard let first = rest.first, first != "/", allowed else { return nil }
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }
}
