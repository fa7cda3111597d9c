import Vocabulary

/// The last push that a tenant took, in the tenant itself: so that whoever sends it again, since the answer was lost, is told that
/// it was taken, whatever has happened to the history meanwhile.
///
/// 20 bytes of the first page's header that SQLite keeps for later and neither reads nor changes
/// (https://sqlite.org/fileformat.html#the_database_header): they are written with the push, in one step. No copy that leaves the
/// house has them; a file that is written anew is without them.
struct PushMark: Equatable, Sendable {
    static let offset = 72
    static let length = 20

    var first: UInt32
    var count: UInt32
    /// The low half of the TxID that the tenant had with it: tells whether anything has happened since.
    var txid: UInt32
    /// `PushProof` of the frames, which tells the generation too.
    var proof: UInt64

    /// - Parameter page: the first one.
    init?(in page: UnsafeRawPointer) {
        func word(_ offset: Int) -> UInt32 {
            UInt32(littleEndian: page.loadUnaligned(fromByteOffset: Self.offset + offset, as: UInt32.self))
        }
        (first, count, txid) = (word(0), word(4), word(8))
        proof = UInt64(littleEndian: page.loadUnaligned(fromByteOffset: Self.offset + 12, as: UInt64.self))
        guard first >= 1, count >= 1 else { return nil }
    }

    init(first: UInt32, count: UInt32, txid: TxID, proof: UInt64) {
        self.first = first
        self.count = count
        self.txid = UInt32(truncatingIfNeeded: txid.rawValue)
        self.proof = proof
    }

    var encoded: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.length)
        bytes.withUnsafeMutableBytes { raw in
            raw.storeBytes(of: first.littleEndian, toByteOffset: 0, as: UInt32.self)
            raw.storeBytes(of: count.littleEndian, toByteOffset: 4, as: UInt32.self)
            raw.storeBytes(of: txid.littleEndian, toByteOffset: 8, as: UInt32.self)
            raw.storeBytes(of: proof.littleEndian, toByteOffset: 12, as: UInt64.self)
        }
        return bytes
    }
}

/// What tells frames at a place from any others.
struct PushProof: Sendable {
    private var chain: ReplicaChain
    private(set) var count: UInt32 = 0

    init(generation: UInt32, first: UInt32) { chain = ReplicaChain(value: UInt64(generation) << 32 | UInt64(first)) }

    mutating func add(page: UInt32, size: UInt32, hash: UInt64) {
        chain.add(page: page, size: size, txid: 0, hash: hash)
        count += 1
    }

    var value: UInt64 { chain.value }
}
