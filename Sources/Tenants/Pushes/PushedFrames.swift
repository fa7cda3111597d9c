import Vocabulary

/// Frames as a replica sends them: a header of 24 bytes and a page each. Pure; nothing that they say is believed.
///
/// Salts and checksums are the replica's own and are not looked at: the connection proves who sends, the check of the whole
/// database what it is.
struct PushedFrames {
    /// The newest page that SQLite can number.
    private static let lastPage: UInt32 = 4_294_967_294

    let bytes: any RequestBytes
    let count: UInt32

    /// - Parameter position: what the request says of them.
    init(_ bytes: any RequestBytes, at position: ReplicaPosition) throws(PushFailure) {
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
        let number = page(0)
        let hash = bytes.read {
            PageHash.of(page: $0.baseAddress! + ReplicaFrame.headerBytes, number: number)
        }
        // A part's end is no commit's.
        return size(0) > 0 && ReplicaOrigin(generation: origin.generation, frame: origin.frame, page: hash) == origin
    }

    func page(_ index: Int) -> UInt32 { word(index * ReplicaFrame.bytes) }
    func size(_ index: Int) -> UInt32 { word(index * ReplicaFrame.bytes + 4) }

    private func word(_ offset: Int) -> UInt32 {
        bytes.read { UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    }

    /// How many of the first are the same as a history's log has them.
    ///
    /// - Parameters:
    ///   - known: whole frames, no more than these.
    ///   - first: of these, so many are not compared.
    func common(with known: [UInt8], after first: UInt32 = 0) -> UInt32 {
        let count = known.count / ReplicaFrame.bytes
        return bytes.read { own in
            known.withUnsafeBytes { known in
                let same = (0..<count).prefix { index in
                    let start = index * ReplicaFrame.bytes
                    return Self.isSame(own, (Int(first) * ReplicaFrame.bytes) + start, known, start)
                }
                return UInt32(same.count)
            }
        }
    }

    /// Page, size and content.
    private static func isSame(
        _ one: UnsafeRawBufferPointer, _ first: Int, _ other: UnsafeRawBufferPointer, _ second: Int
    ) -> Bool {
        let (content, end) = (ReplicaFrame.headerBytes, ReplicaFrame.bytes)
        return one[first..<first + 8].elementsEqual(other[second..<second + 8])
            && one[first + content..<first + end].elementsEqual(other[second + content..<second + end])
    }
}
