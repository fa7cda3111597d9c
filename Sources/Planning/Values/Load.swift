/// An amount in each ``Dimension``.
///
/// Whole numbers, so that a sum does not depend on the order of its parts and what was added can be taken away exactly.
package struct Load: Hashable, Sendable {
    private var amounts: SIMD4<Int64>

    package static let zero = Load()

    package init(cpu: Int64 = 0, writes: Int64 = 0, bytes: Int64 = 0, memory: Int64 = 0) {
        amounts = SIMD4(cpu, writes, bytes, memory)
    }

    private init(amounts: SIMD4<Int64>) { self.amounts = amounts }

    package subscript(dimension: Dimension) -> Int64 {
        get { amounts[dimension.rawValue] }
        set { amounts[dimension.rawValue] = newValue }
    }

    package var bytes: Int64 { self[.bytes] }

    package static func + (a: Load, b: Load) -> Load { Load(amounts: a.amounts &+ b.amounts) }
    package static func - (a: Load, b: Load) -> Load { Load(amounts: a.amounts &- b.amounts) }
    package static func += (a: inout Load, b: Load) { a = a + b }
    package static func -= (a: inout Load, b: Load) { a = a - b }

    /// The larger of each two.
    package static func larger(_ a: Load, _ b: Load) -> Load {
        Load(amounts: a.amounts.replacing(with: b.amounts, where: b.amounts .> a.amounts))
    }

    static func smaller(_ a: Load, _ b: Load) -> Load {
        Load(amounts: a.amounts.replacing(with: b.amounts, where: b.amounts .< a.amounts))
    }

    var withoutBytes: Load {
        var rest = self
        rest[.bytes] = 0
        return rest
    }

    /// As a target has to reckon with it: 10 % more than measured, because a tenant that arrives finds cold caches.
    /// Bytes stay what they are.
    package var asAdded: Load {
        var added = Load(amounts: amounts &+ amounts / 10)
        added[.bytes] = bytes
        return added
    }
}
