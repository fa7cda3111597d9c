/// A small, fast generator (xorshift64*): the same seed gives the same choices, so that contenders get the same work.
package struct Dice: Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        // Zero is the one state that never changes.
        state = seed | 1
        for _ in 0..<8 { _ = next() }
    }

    package mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    /// Uniform below `bound`, by the high half of a product: no division, and the bias is below 2⁻³².
    package mutating func next(below bound: Int) -> Int { Int(((next() >> 32) &* UInt64(bound)) >> 32) }
}
