import Seams
import Vocabulary

/// A tenant's history with its files open: the generation's first state, and the log of what came after.
///
/// One task at a time changes it (`Turnstile`); what has been given out may be read by others meanwhile.
final class ReplicaLedger: @unchecked Sendable {
    // @unchecked: everything that changes belongs to whoever has the tenant's turn.
    let tenant: TenantID
    let base: ReplicaFile
    let log: ReplicaFile
    var history: ReplicaHistory
    var chain: ReplicaChain
    /// Of each page as of the last frame.
    var hashes: [UInt64]
    /// The last number that a replica was told for frames that are not in the log: parts of a push whose end is awaited. Whoever
    /// goes on from a number up to this may have other frames before it than the log. -1 for none.
    private(set) var promised: Int64
    /// As it is on the disk, where the number may be larger.
    private var header: ReplicaLogHeader

    init(
        tenant: TenantID, base: ReplicaFile, log: ReplicaFile, header: ReplicaLogHeader, history: ReplicaHistory,
        chain: ReplicaChain, hashes: [UInt64]
    ) {
        self.tenant = tenant
        self.base = base
        self.log = log
        self.header = header
        self.history = history
        self.chain = chain
        self.hashes = hashes
        promised = header.promised
    }

    /// A replica is about to be told this number for frames that are not in the log.
    ///
    /// - Returns: false where the disk must know first: `promise`.
    func isPromised(_ number: Int64) -> Bool {
        guard number <= header.promised else { return false }
        promised = max(promised, number)
        return true
    }

    /// When this returns, a restart does not forget it.
    ///
    /// - Parameter last: the number to which the rest of the push may come, which then costs no more syncs.
    func promise(_ number: Int64, before last: Int64) throws(FileError) {
        var next = header
        next.promised = min(max(number, last), Int64(UInt32.max) - 1)
        try log.write(next.encoded, at: 0)
        try log.file.sync()
        header = next
        promised = max(promised, number)
    }

    /// What the pages are after a commit of these.
    func end(_ pages: [(page: UInt32, hash: UInt64)], size: UInt32) { Self.end(pages, size: size, in: &hashes) }

    static func end(_ pages: [(page: UInt32, hash: UInt64)], size: UInt32, in hashes: inout [UInt64]) {
        // Growth may skip a page; it reads as zeros.
        while hashes.count < Int(size) { hashes.append(PageHash.ofZeroPage(number: UInt32(hashes.count) + 1)) }
        for change in pages where change.page <= size { hashes[Int(change.page) - 1] = change.hash }
        hashes.removeLast(hashes.count - Int(size))
    }

    /// Whoever says that it stands on the log's last frame may have another of that number.
    ///
    /// - Parameter generation: by whose numbers it says so.
    func isDoubtful(by generation: UInt32) -> Bool {
        // A new generation's 0 is nobody's frame, the one that it goes on from is.
        (history.frameCount > 0 || generation != history.generation) && Int64(history.frameCount) <= promised
    }

    /// Cuts off what an attempt that failed has left behind the log: a shorter one would leave some of it, and nothing is believed of
    /// a log that goes on behind its end.
    func trim() throws(FileError) {
        if try log.file.size() != logBytes { try log.file.truncate(to: logBytes) }
    }

    var baseBytes: Int64 { Int64(history.basePages) * Int64(PageHash.pageSize) }
    var logBytes: Int64 { ReplicaLogHeader.offset(ofFrame: history.frameCount + 1) }
    var bytes: Int64 { baseBytes + logBytes }
    var memory: Int { hashes.count * 8 + (history.ends.count + history.stops.count) * 4 }

    /// A replica that begins with the generation would have to take more than so many times the whole database.
    ///
    /// - Parameter bytes: that a log may have anyway.
    func isLong(beyond bytes: Int64, times: Int64 = 1) -> Bool { logBytes > times * max(bytes, baseBytes) }
}

/// An open file that closes itself with its last user.
final class ReplicaFile: Sendable {
    let file: any File

    init(_ file: any File) { self.file = file }
    deinit { file.close() }

    /// - Throws: also where the file is shorter.
    func read(_ count: Int, at offset: Int64) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try bytes.withUnsafeMutableBytesTyped { raw throws(FileError) in try file.read(into: raw, at: offset)
        }
        guard read == count else {
            throw .failed(operation: "read of \(count) bytes at \(offset)", path: "a replica's history", errno: 0)
        }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: Int64) throws(FileError) {
        try bytes.withUnsafeBytesTyped { raw throws(FileError) in try file.write(raw, at: offset) }
    }
}
