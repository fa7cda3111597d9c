import Vocabulary

/// Frames as a replica sends them: a header of 24 bytes and a page each. Pure; nothing that they say is believed.
///
/// Salts and checksums are the replica's own and are not looked at: the connection proves who sends, the check of the whole
/// database what it is.
struct PushedFrames {
    /// The newest page that SQLite can number.
    private static let lastPage: UInt32 = 4_294_967_294

    let bytes: [UInt8]
    let count: UInt32

    /// - Parameter position: what the request says of them.
    init(_ bytes: [UInt8], at position: ReplicaPosition) throws(PushFailure) {
        guard position.from >= 1, position.to > position.from else {
            throw .malformed("frames begin with 1, and the end comes after the beginning")
        }
        let count = position.to - position.from
        guard UInt64(bytes.count) == UInt64(count) * UInt64(ReplicaFrame.bytes) else {
            throw .malformed(
                "\(count) frames have \(UInt64(count) * UInt64(ReplicaFrame.bytes)) bytes, not \(bytes.count)")
        }
        self.bytes = bytes
        self.count = count
        for index in 0..<Int(count) {
            let (page, size) = (page(index), size(index))
            guard page >= 1, page <= Self.lastPage, page != ReplicaImage.lockPage else {
                throw .malformed("frame \(position.from + UInt32(index)) is of page \(page)")
            }
            guard size == 0 || size <= Self.lastPage && page <= size else {
                throw .malformed(
                    "frame \(position.from + UInt32(index)) is of page \(page) of a database of \(size) pages")
            }
        }
    }

    /// The last of them ends a commit.
    var endsCommit: Bool { size(Int(count) - 1) > 0 }

    /// The first of them is that frame.
    func begins(with origin: ReplicaOrigin) -> Bool {
        let hash = bytes.withUnsafeBytes {
            PageHash.of(page: $0.baseAddress! + ReplicaFrame.headerBytes, number: page(0))
        }
        // A part's end is no commit's.
        return size(0) > 0 && ReplicaOrigin(generation: origin.generation, frame: origin.frame, page: hash) == origin
    }

    func page(_ index: Int) -> UInt32 { word(index * ReplicaFrame.bytes) }
    func size(_ index: Int) -> UInt32 { word(index * ReplicaFrame.bytes + 4) }

    /// Those after the first so many.
    func bytes(after first: UInt32) -> ArraySlice<UInt8> { bytes[Int(first) * ReplicaFrame.bytes..<bytes.count] }

    private func word(_ offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// How many of the first are the same as a history's log has them.
    ///
    /// - Parameters:
    ///   - known: whole frames, no more than these.
    ///   - first: of these, so many are not compared.
    func common(with known: [UInt8], after first: UInt32 = 0) -> UInt32 {
        let skipped = Int(first) * ReplicaFrame.bytes
        let same = stride(from: 0, to: known.count, by: ReplicaFrame.bytes).prefix { start in
            let own = skipped + start
            return bytes[own..<own + 8] == known[start..<start + 8]
                && bytes[own + ReplicaFrame.headerBytes..<own + ReplicaFrame.bytes]
                    == known[start + ReplicaFrame.headerBytes..<start + ReplicaFrame.bytes]
        }
        return UInt32(Array(same).count)
    }
}
