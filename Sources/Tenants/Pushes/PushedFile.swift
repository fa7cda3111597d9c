import Seams
import Vocabulary

/// Frames of one push, aside on the disk, one after another from `first` on. Blocks.
struct PushedFile: Sendable {
    private static let piece: UInt32 = 256

    let upload: TenantUpload
    let generation: UInt32
    /// The number of the first.
    let first: UInt32
    /// Frames.
    var count: UInt32 { UInt32(upload.byteCount / Int64(ReplicaFrame.bytes)) }
    /// The number that comes after the last.
    var end: UInt32 { first + count }

    /// One frame of them.
    struct Frame {
        let page: UInt32
        let size: UInt32
        let hash: UInt64
        let content: UnsafeRawBufferPointer
    }

    /// - Parameter range: which of them, from 0.
    func forEach(
        _ range: Range<UInt32>, _ files: any Files, _ body: (Frame) throws(FileError) -> Void
    ) throws(FileError) {
        let file = ReplicaFile(try files.open(upload.path, .read))
        var next = range.lowerBound
        while next < range.upperBound {
            let count = min(Self.piece, range.upperBound - next)
            let bytes = try file.read(
                Int(count) * ReplicaFrame.bytes, at: Int64(next) * Int64(ReplicaFrame.bytes))
            try bytes.withUnsafeBytesTyped { raw throws(FileError) in
                for index in 0..<Int(count) { try body(Self.frame(raw, index)) }
            }
            next += count
        }
    }

    private static func frame(_ raw: UnsafeRawBufferPointer, _ index: Int) -> Frame {
        let start = index * ReplicaFrame.bytes
        let content = UnsafeRawBufferPointer(
            rebasing: raw[start + ReplicaFrame.headerBytes..<start + ReplicaFrame.bytes])
        let page = UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: start, as: UInt32.self))
        return Frame(
            page: page, size: UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self)),
            hash: PageHash.of(page: content.baseAddress!, number: page), content: content)
    }

    var emptyProof: PushProof { PushProof(generation: generation, first: first) }

    /// With the next piece, up to so many of them.
    func extend(_ known: PushProof, upTo count: UInt32, _ files: any Files) throws(FileError) -> PushProof {
        var proof = known
        try forEach(proof.count..<min(count, proof.count + Self.piece), files) { (frame) throws(FileError) in
            proof.add(page: frame.page, size: frame.size, hash: frame.hash)
        }
        return proof
    }
}
