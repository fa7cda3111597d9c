import Vocabulary

/// One page as replicas get it: a header as in SQLite's log, then the page.
///
/// The header is page number (4 bytes, big-endian), the database's pages after the commit (4, 0 but in a commit's last frame), then
/// 16 bytes that replicas do not look at: SQLite has salts and checksums there, which each replica makes anew.
enum ReplicaFrame {
    static let headerBytes = 24
    static let bytes = headerBytes + PageHash.pageSize
    /// In place of a TxID, in a history's log: what ends here is a commit of a replica's, and more follow before the tenant's.
    static let onTheWay: UInt64 = .max

    static func writeHeader(
        _ raw: UnsafeMutableRawBufferPointer, page: UInt32, size: UInt32, _ first: UInt64 = 0, _ second: UInt64 = 0
    ) {
        raw.storeBytes(of: page.bigEndian, toByteOffset: 0, as: UInt32.self)
        raw.storeBytes(of: size.bigEndian, toByteOffset: 4, as: UInt32.self)
        raw.storeBytes(of: first.littleEndian, toByteOffset: 8, as: UInt64.self)
        raw.storeBytes(of: second.littleEndian, toByteOffset: 16, as: UInt64.self)
    }
}

/// A whole database as the frames of one commit: each page once, in order, but the one that SQLite keeps for its locks.
enum ReplicaImage {
    /// The page at 1 GiB.
    static let lockPage: UInt32 = (1 << 30) / UInt32(PageHash.pageSize) + 1

    static func frameCount(pages: UInt32) -> UInt32 { pages >= lockPage ? pages - 1 : pages }

    static func page(ofFrame frame: UInt32) -> UInt32 { frame >= lockPage ? frame + 1 : frame }
}

/// Proves that a log's frames are whole and in order: each one's number depends on all before it.
struct ReplicaChain: Equatable, Sendable {
    private(set) var value: UInt64

    /// - Parameter hash: of the page.
    mutating func add(page: UInt32, size: UInt32, txid: UInt64, hash: UInt64) {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { raw in
            raw.storeBytes(of: value.littleEndian, toByteOffset: 0, as: UInt64.self)
            raw.storeBytes(of: page.littleEndian, toByteOffset: 8, as: UInt32.self)
            raw.storeBytes(of: size.littleEndian, toByteOffset: 12, as: UInt32.self)
            raw.storeBytes(of: txid.littleEndian, toByteOffset: 16, as: UInt64.self)
            raw.storeBytes(of: hash.littleEndian, toByteOffset: 24, as: UInt64.self)
            value = PageHash.xxh64(UnsafeRawBufferPointer(raw), seed: 0)
        }
    }
}
