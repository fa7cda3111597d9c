import Vocabulary

/// The place in an older generation that one goes on from: who stands there has its first state, page by page, and counts its
/// frames on from there.
///
/// A replica that has something to push each time that it asks never asks for anything, so it is never told to go to another
/// generation. Its numbers stay its own, and mean the same as before.
struct ReplicaOrigin: Equatable, Sendable {
    var generation: UInt32
    /// What the generation counts as 0.
    var frame: UInt32
    /// Of that frame's page: tells it from others that were once given its number.
    var hash: UInt32

    init(generation: UInt32, frame: UInt32, hash: UInt32) {
        self.generation = generation
        self.frame = frame
        self.hash = hash
    }

    init(generation: UInt32, frame: UInt32, page: UInt64) {
        self.init(generation: generation, frame: frame, hash: UInt32(truncatingIfNeeded: page))
    }
}
