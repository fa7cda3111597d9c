package import Vocabulary

/// What a tenant's replicas have been given and may come back with: one generation, its frames, and the way into it. Pure.
///
/// Generations are even. The odd number before one is its *passage*: who comes from anywhere older gets the generation's first
/// state there, whole, as frames of one commit, and goes on with frame 1 of the generation. A number never means anything else
/// again. Frames are numbered from 1; what is given always ends with a commit of the tenant.
package struct ReplicaHistory: Equatable, Sendable {
    /// Generations that a replica may go through, one request each, to come to the newest.
    static let reach: UInt32 = 4_096

    package let generation: UInt32
    package let epoch: Epoch
    /// Pages of the generation's first state.
    let basePages: UInt32
    /// Where replicas of an older generation have its first state, by their own numbers.
    let origin: ReplicaOrigin?
    /// The last frame of each commit, ascending.
    private(set) var ends: [UInt32] = []
    /// The last frame of each commit on the way to one of the tenant's, ascending: a push has several. None of them is where
    /// an answer ends, but a client makes each durable by itself, so one that was killed comes from there.
    private(set) var stops: [UInt32] = []
    /// What the tenant was at the last frame.
    private(set) package var bookmark: Bookmark

    init(generation: UInt32, basePages: UInt32, at bookmark: Bookmark, from origin: ReplicaOrigin? = nil) {
        precondition(generation >= 2 && generation % 2 == 0, "generations are even")
        self.generation = generation
        self.basePages = basePages
        self.bookmark = bookmark
        self.origin = origin
        epoch = bookmark.epoch
    }

    var passage: UInt32 { generation - 1 }
    package var frameCount: UInt32 { ends.last ?? 0 }

    /// - Parameters:
    ///   - frames: of the commit; 0 where the tenant has gone on and nothing that replicas see has changed.
    ///   - inner: of these, where others end that the tenant has as one with it; ascending.
    mutating func append(frames: UInt32, inner: [UInt32] = [], at bookmark: Bookmark) {
        stops += inner.map { frameCount + $0 }
        if frames > 0 { ends.append(frameCount + frames) }
        self.bookmark = bookmark
    }

    /// Whether the tenant may have become this one without anybody else having had it.
    func mayGoOn(to bookmark: Bookmark) -> Bool { bookmark.epoch == epoch && bookmark >= self.bookmark }

    func answer(to position: ReplicaPosition) -> ReplicaAnswer {
        guard position.from >= 1, position.to > position.from else { return .startAgain }
        if position.generation == generation { return frames(position) }
        if position.generation == passage {
            if position.from == 1 { return .image }
            return position.from == ReplicaImage.frameCount(pages: basePages) + 1 ? .goOn(generation) : .startAgain
        }
        guard position.generation < passage, passage - position.generation <= Self.reach else { return .startAgain }
        return .goOn(generation)
    }

    private func frames(_ position: ReplicaPosition) -> ReplicaAnswer {
        if position.from - 1 == frameCount { return .atEnd }
        guard position.from <= frameCount, isEnd(position.from - 1) else { return .startAgain }
        // As many whole commits as fit, but one at least.
        let next = ends[Self.first(of: ends, atOrAfter: position.from)]
        let fitting = Self.first(of: ends, atOrAfter: position.to)
        let last = fitting == 0 ? next : max(next, ends[fitting - 1])
        return .frames(position.from..<last + 1)
    }

    private func isEnd(_ frame: UInt32) -> Bool {
        frame == 0 || Self.contains(ends, frame) || Self.contains(stops, frame)
    }

    private static func contains(_ numbers: [UInt32], _ frame: UInt32) -> Bool {
        let index = first(of: numbers, atOrAfter: frame)
        return index < numbers.count && numbers[index] == frame
    }

    private static func first(of numbers: [UInt32], atOrAfter frame: UInt32) -> Int {
        var (low, high) = (0, numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < frame { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// What a replica asks for: frames of a generation, `to` not included.
package struct ReplicaPosition: Hashable, Sendable {
    package var generation: UInt32
    package var from: UInt32
    package var to: UInt32

    package init(generation: UInt32, from: UInt32, to: UInt32) {
        self.generation = generation
        self.from = from
        self.to = to
    }
}

enum ReplicaAnswer: Equatable, Sendable {
    /// The generation's first state as the frames of one commit.
    case image
    /// These frames of the generation.
    case frames(Range<UInt32>)
    /// It has everything there is: has the tenant gone on?
    case atEnd
    /// There is nothing more in its generation; the newest is this.
    case goOn(UInt32)
    /// It was never given what it comes with.
    case startAgain
}
