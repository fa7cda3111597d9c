import Seams
import Synchronization

/// Randomness that replays from its seed (SplitMix64).
package final class SeededRandom: RandomSource {
    private let state: Mutex<UInt64>

    package init(seed: UInt64) { state = Mutex(seed) }

    package func next() -> UInt64 {
        state.withLock { state in
            var generator = SplitMix(state: state)
            defer { state = generator.state }
            return generator.next()
        }
    }

    package func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    /// Below `bound`, which is above 0.
    package func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// True once in `times` on average.
    package func once(in times: Int) -> Bool { below(times) == 0 }
}

/// The generator as a value.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
