/// What a tenant uses of its node, and a node has to give.
package enum Dimension: Int, Codable, CaseIterable, Comparable, Sendable, CustomStringConvertible {
    /// Microseconds of processor time a second.
    case cpu
    /// Bytes written a second.
    case writes
    /// Bytes at rest.
    case bytes
    /// What keeping it open costs: bytes of memory.
    case memory

    package var description: String {
        switch self {
        case .cpu: "cpu"
        case .writes: "writes"
        case .bytes: "bytes"
        case .memory: "memory"
        }
    }

    package static func < (a: Dimension, b: Dimension) -> Bool { a.rawValue < b.rawValue }
}

/// Some of the dimensions.
package struct DimensionSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package init(_ dimension: Dimension) { rawValue = 1 << dimension.rawValue }

    package static let all = DimensionSet(rawValue: 1 << Dimension.allCases.count - 1)

    package func contains(_ dimension: Dimension) -> Bool { contains(DimensionSet(dimension)) }
}
