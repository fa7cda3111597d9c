import Seams
import Vocabulary

/// Writes the state that a history ends at to a file, from its own files: the first state, the log over it. Then compares each page
/// with what replicas have: nobody's damage becomes anything else. Blocks, a piece a step.
struct ReplicaUnrolling {
    /// Nobody changes it meanwhile.
    private let ledger: ReplicaLedger
    private var page: UInt32 = 1
    private var frame: UInt32 = 1
    private var looked: UInt32 = 1
    /// The first page that is not what replicas have; then the file is of no use.
    private(set) var damaged: UInt32?

    init(_ ledger: ReplicaLedger) { self.ledger = ledger }

    /// - Returns: whether it is done.
    mutating func step(to file: PacedFile) throws(FileError) -> Bool {
        if page <= ledger.history.basePages {
            try copyBase(file)
            return false
        }
        if frame <= ledger.history.frameCount {
            try copyLog(file)
            return false
        }
        return try look(file)
    }

    private mutating func copyBase(_ file: PacedFile) throws(FileError) {
        let count = min(ReplicaMaking.piece, ledger.history.basePages - page + 1)
        let offset = Int64(page - 1) * Int64(PageHash.pageSize)
        try file.write(try ledger.base.read(Int(count) * PageHash.pageSize, at: offset), at: offset)
        page += count
    }

    private mutating func copyLog(_ file: PacedFile) throws(FileError) {
        let count = min(ReplicaMaking.piece, ledger.history.frameCount - frame + 1)
        let bytes = try ledger.log.read(Int(count) * ReplicaFrame.bytes, at: ReplicaLogHeader.offset(ofFrame: frame))
        try bytes.withUnsafeBytesTyped { raw throws(FileError) in
            for index in 0..<Int(count) {
                let start = index * ReplicaFrame.bytes
                try file.put(
                    UnsafeRawBufferPointer(
                        rebasing: raw[start + ReplicaFrame.headerBytes..<start + ReplicaFrame.bytes]),
                    page: UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: start, as: UInt32.self)),
                    size: UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self)))
            }
        }
        frame += count
    }

    private mutating func look(_ file: PacedFile) throws(FileError) -> Bool {
        let pages = UInt32(ledger.hashes.count)
        if looked == 1, try file.size() != Int64(pages) * Int64(PageHash.pageSize) { damaged = pages }
        guard damaged == nil, looked <= pages else { return true }
        let count = min(ReplicaMaking.piece, pages - looked + 1)
        let bytes = try file.read(
            Int(count) * PageHash.pageSize, at: Int64(looked - 1) * Int64(PageHash.pageSize))
        damaged = bytes.withUnsafeBytes { raw in
            (looked..<looked + count).first { number in
                let page = raw.baseAddress! + Int(number - looked) * PageHash.pageSize
                return number != ReplicaImage.lockPage
                    && PageHash.of(page: page, number: number) != ledger.hashes[Int(number) - 1]
            }
        }
        looked += count
        return false
    }
}
