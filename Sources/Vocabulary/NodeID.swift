/// A node's name, chosen once and kept in its data directory: 1–32 of `a-z`, `0-9`, `-`, beginning with a letter.
package struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let name: String

    package init?(_ name: String) {
        guard (1...32).contains(name.utf8.count), let first = name.utf8.first, Self.isLetter(first),
            name.utf8.allSatisfy({ Self.isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") })
        else { return nil }
        self.name = name
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    package var description: String { name }
    package static func < (a: NodeID, b: NodeID) -> Bool { a.name < b.name }
}
