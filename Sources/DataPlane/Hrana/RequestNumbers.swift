import Seams
import Synchronization

/// Ids for answers, by which a caller and the log mean the same request: different on all nodes and after every start, by
/// chance of 1 in 2⁶⁰, at the cost of one addition.
final class RequestNumbers: Sendable {
    private let next: Atomic<UInt64>

    init(_ random: any RandomSource) { next = Atomic(random.next()) }

    /// Fifteen hexadecimal digits: as many as a string holds without memory of its own.
    func make() -> String {
        // Multiplied by an odd number, so that neighbours look different and none comes twice.
        let number = next.wrappingAdd(1, ordering: .relaxed).newValue &* 0x9E37_79B9_7F4A_7C15
        return String(unsafeUninitializedCapacity: 15) { out in
            for index in 0..<15 {
                let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - index * 4)) & 15
                out[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            return 15
        }
    }
}
