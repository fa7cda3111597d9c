import Foundation

/// Domains as the name system compares them: UTS-46, non-transitional, to ASCII; lower case; no dot at the end.
enum EmailDomain {
    /// - Throws: `domain`.
    static func ascii(_ domain: String) throws(EmailFault) -> String {
        var components = URLComponents()
        components.host = domain
        // Lower-cased, since what is ASCII already comes back as it went. What cannot be encoded comes back with percent signs.
        guard var name = components.encodedHost?.lowercased() else { throw .domain }
        if name.utf8.last == UInt8(ascii: ".") { name.removeLast() }
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count >= 2, name.utf8.count <= 253, labels.allSatisfy(isLabel),
            // The last label of a name is never a number; such a thing is an address.
            !labels[labels.count - 1].allSatisfy(isDigit)
        else { throw .domain }
        return name
    }

    private static func isLabel(_ label: Substring.UTF8View.SubSequence) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
            && label.allSatisfy { isDigit($0) || $0 == hyphen || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
