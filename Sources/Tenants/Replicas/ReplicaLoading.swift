import Seams
import Vocabulary

/// Reads a history back after a restart, and believes nothing that does not prove itself. Blocks, a piece a step.
final class ReplicaLoading: @unchecked Sendable {
    // @unchecked: one step at a time.
    private static let frames = 256

    private let tenant: TenantID
    private let header: ReplicaLogHeader
    private let base: ReplicaFile
    private let log: ReplicaFile
    private let logSize: Int64
    private var history: ReplicaHistory
    private var chain = ReplicaChain(value: 0)
    private var sum: UInt64 = 0
    private var hashes: [UInt64] = []
    private var hasBase = false
    private var next: UInt32 = 1
    /// Of the commit that is being read.
    private var commit: [(page: UInt32, hash: UInt64)] = []
    /// Frames of the replica's commits before it that the tenant has as one with it.
    private var onTheWay: UInt32 = 0
    private var stops: [UInt32] = []
    private var commitChain = ReplicaChain(value: 0)
    /// Nil at the end where the files are not what they should be.
    private(set) var ledger: ReplicaLedger?

    /// - Returns: nil where the log does not begin as one.
    init?(_ tenant: TenantID, _ generation: UInt32, in folder: ReplicaFolder, _ files: any Files) throws(FileError) {
        self.tenant = tenant
        base = ReplicaFile(try files.open(folder.base(tenant, generation), .read))
        log = ReplicaFile(try files.open(folder.frames(tenant, generation), .update))
        logSize = try log.file.size()
        guard logSize >= Int64(ReplicaLogHeader.bytes),
            let header = ReplicaLogHeader(try log.read(ReplicaLogHeader.bytes, at: 0)),
            header.generation == generation,
            try base.file.size() == Int64(header.basePages) * Int64(PageHash.pageSize)
        else { return nil }
        self.header = header
        history = ReplicaHistory(
            generation: generation, basePages: header.basePages, at: header.bookmark, from: header.origin)
    }

    /// - Returns: whether it is done.
    func step() throws(FileError) -> Bool {
        if !hasBase {
            try readBase()
            hasBase = hashes.count == Int(header.basePages)
            guard hasBase else { return false }
            guard sum == header.baseSum else { return true }
            chain = ReplicaChain(value: sum)
            commitChain = chain
            return false
        }
        return try readFrames()
    }

    private func readBase() throws(FileError) {
        let first = UInt32(hashes.count) + 1
        let count = min(ReplicaMaking.piece, header.basePages - first + 1)
        let bytes = try base.read(
            Int(count) * PageHash.pageSize, at: Int64(first - 1) * Int64(PageHash.pageSize))
        bytes.withUnsafeBytes { raw in
            for index in 0..<Int(count) {
                let hash = PageHash.of(
                    page: raw.baseAddress! + index * PageHash.pageSize, number: first + UInt32(index))
                hashes.append(hash)
                sum ^= hash
            }
        }
    }

    private func readFrames() throws(FileError) -> Bool {
        let left = (logSize - ReplicaLogHeader.offset(ofFrame: next)) / Int64(ReplicaFrame.bytes)
        let count = Int(min(Int64(Self.frames), left))
        guard count > 0 else { return finish() }
        let bytes = try log.read(count * ReplicaFrame.bytes, at: ReplicaLogHeader.offset(ofFrame: next))
        for index in 0..<count {
            let isWhole = bytes.withUnsafeBytes { raw in
                take(UnsafeRawBufferPointer(rebasing: raw[(index * ReplicaFrame.bytes)...]))
            }
            guard isWhole else { return finish() }
            next += 1
        }
        return false
    }

    /// - Returns: false for what does not follow on what was before it.
    private func take(_ frame: UnsafeRawBufferPointer) -> Bool {
        let page = UInt32(bigEndian: frame.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        let size = UInt32(bigEndian: frame.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let txid = UInt64(littleEndian: frame.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        let proof = UInt64(littleEndian: frame.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        let hash = PageHash.of(page: frame.baseAddress! + ReplicaFrame.headerBytes, number: page)
        commitChain.add(page: page, size: size, txid: txid, hash: hash)
        guard commitChain.value == proof, page > 0 else { return false }
        commit.append((page, hash))
        if size > 0 { end(size, TxID(txid)) }
        return true
    }

    private func end(_ size: UInt32, _ txid: TxID) {
        ReplicaLedger.end(commit, size: size, in: &hashes)
        onTheWay += UInt32(commit.count)
        commit = []
        guard txid.rawValue != ReplicaFrame.onTheWay else { return stops.append(onTheWay) }
        history.append(frames: onTheWay, inner: stops, at: Bookmark(epoch: history.epoch, txid: txid))
        (onTheWay, stops) = (0, [])
        chain = commitChain
    }

    /// What lies behind the last whole commit is one that was not finished, or damage to some that were given out: nobody can
    /// tell, so nothing is believed then.
    private func finish() -> Bool {
        guard logSize == ReplicaLogHeader.offset(ofFrame: history.frameCount + 1) else { return true }
        ledger = ReplicaLedger(
            tenant: tenant, base: base, log: log, header: header, history: history, chain: chain, hashes: hashes)
        return true
    }
}
