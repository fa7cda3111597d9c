import Seams
import Synchronization

/// A request that is done once under its key, however often it comes and whatever dies in between.
///
/// Like an author it is the task's. The catalog's writes within it get operation ids that follow from its seed, so that a
/// repetition after a crash finds the results of what was done before instead of doing it again; and so do the ids that it
/// takes for new rows. Secrets do not come from it.
package final class OnceScope: RandomSource {
    @TaskLocal package static var current: OnceScope?

    /// Which of a request's writes it is, without its values: a repetition reads other times and takes other ways, and must not be
    /// given the result of another write.
    struct Shape: Hashable {
        fileprivate let high: UInt64
        fileprivate let low: UInt64

        /// By its name, which no later version changes; where it has none, by its statements.
        init(_ plan: CatalogPlan) {
            if let step = plan.step ?? plan.notes.first.map({ CatalogPlan.Step($0.action) }) {
                self.init(step)
            } else {
                self.init(plan.statements.map(\.sql))
            }
        }

        init(_ step: CatalogPlan.Step) { self.init([step.name] + step.subjects) }

        private init(_ texts: [String]) {
            var high = KeyedMix(0x243F_6A88_85A3_08D3)
            var low = KeyedMix(0x1319_8A2E_0370_7344)
            for text in texts {
                high.absorb(text)
                low.absorb(text)
            }
            (self.high, self.low) = (high.value, low.value)
        }
    }

    private struct State {
        var done: [Shape: UInt64] = [:]
        var taken: UInt64 = 0
        var isTakenBack = false
    }

    private let seed: OperationID
    /// An earlier run has begun it: what its writes are answered may have changed since, and is to be read anew.
    package let isRepetition: Bool
    private let state = Mutex(State())

    /// - Parameter seed: 128 random bits, the same for all repetitions.
    package init(seed: OperationID, isRepetition: Bool = false) {
        self.seed = seed
        self.isRepetition = isRepetition
    }

    /// What was done within it was taken back: a repetition is to begin as if there had been no request.
    package func takeBack() { state.withLock { $0.isTakenBack = true } }

    package var isTakenBack: Bool { state.withLock { $0.isTakenBack } }

    /// Whether anything was changed within it.
    package var hasWritten: Bool { state.withLock { !$0.done.isEmpty } }

    /// The id of the next write of this shape.
    ///
    /// - Parameter attempt: how many stored refusals of it are passed over.
    func operation(_ shape: Shape, attempt: Int) -> OperationID {
        let number = state.withLock { $0.done[shape] ?? 0 } << 8 | UInt64(attempt)
        var high = KeyedMix(seed.high)
        var low = KeyedMix(seed.low)
        for word in [shape.high, shape.low, number, seed.low] { high.absorb(word) }
        for word in [shape.low, shape.high, number, seed.high] { low.absorb(word) }
        return OperationID(high: high.value, low: low.value)
    }

    func succeeded(_ shape: Shape) { state.withLock { $0.done[shape, default: 0] += 1 } }

    /// A number that nobody guesses who does not know the seed, and that does not tell the seed. Not for secrets: the seed is in the
    /// catalog.
    package func next() -> UInt64 {
        let number = state.withLock { state in
            state.taken += 1
            return state.taken
        }
        // Each half alone could be computed backwards.
        var first = KeyedMix(seed.high ^ 0xA409_3822_299F_31D0)
        var second = KeyedMix(seed.low ^ 0x082E_FA98_EC4E_6C89)
        first.absorb(number)
        second.absorb(number)
        return first.value ^ second.value
    }

    package func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

/// Mixes words into 64 bits (SplitMix64's finaliser after each). For telling apart what we wrote ourselves, not against an
/// adversary who chooses it.
struct KeyedMix {
    private(set) var value: UInt64

    init(_ key: UInt64) { value = key }

    mutating func absorb(_ word: UInt64) {
        value = (value ^ word) &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        value ^= value >> 31
    }

    mutating func absorb(_ text: String) {
        var word: UInt64 = 0
        var count = 0
        for byte in text.utf8 {
            word = word << 8 | UInt64(byte)
            count += 1
            if count % 8 == 0 {
                absorb(word)
                word = 0
            }
        }
        absorb(word)
        absorb(UInt64(count))
    }
}
