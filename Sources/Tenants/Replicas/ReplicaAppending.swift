import Seams
import Vocabulary

/// Writes what has changed since the last frame as one more commit. Blocks, a piece a step.
///
/// It finds that out by comparing hashes of all pages, so it needs to know nothing of what happened in between: restarts,
/// replacements of the file, commits that nobody kept a record of.
final class ReplicaAppending: @unchecked Sendable {
    // @unchecked: one step at a time, by whoever has the tenant's turn.
    private let source: ReplicaSource
    private let ledger: ReplicaLedger
    private var next: UInt32 = 1
    private var commit: ReplicaCommit

    init(_ source: ReplicaSource, to ledger: ReplicaLedger) {
        self.source = source
        self.ledger = ledger
        commit = ReplicaCommit(ledger, at: source.bookmark, pageCount: source.pageCount)
    }

    /// - Returns: whether it is done: the log is durable, and the ledger knows.
    func step() throws(FileError) -> Bool {
        guard next <= source.pageCount else {
            try commit.finish(firstPage: { () throws(FileError) in try self.source.pages(1, from: 1) })
            return true
        }
        let count = min(ReplicaMaking.piece, source.pageCount - next + 1)
        try commit.take(try source.pages(count, from: next), from: next)
        next += count
        return false
    }
}

/// A commit on its way into a log: of the pages that it is shown, it takes those that are not what they were.
struct ReplicaCommit {
    private let ledger: ReplicaLedger
    private let bookmark: Bookmark
    private let pageCount: UInt32
    private var chain: ReplicaChain
    private var frames: UInt32 = 0
    private var changed: [(page: UInt32, hash: UInt64)] = []
    /// Frames that are not written yet; the last one's place in the commit is known at its end only.
    private var buffer: [UInt8] = []
    private var pending: (page: UInt32, hash: UInt64, bytes: [UInt8])?

    init(_ ledger: ReplicaLedger, at bookmark: Bookmark, pageCount: UInt32) {
        self.ledger = ledger
        self.bookmark = bookmark
        self.pageCount = pageCount
        chain = ledger.chain
    }

    /// - Parameter bytes: of pages that follow one another.
    mutating func take(_ bytes: [UInt8], from first: UInt32) throws(FileError) {
        for index in 0..<bytes.count / PageHash.pageSize {
            let number = first + UInt32(index)
            guard number != ReplicaImage.lockPage else { continue }
            let page = bytes[index * PageHash.pageSize..<(index + 1) * PageHash.pageSize]
            let hash = page.withUnsafeBytes { PageHash.of(page: $0.baseAddress!, number: number) }
            let known = number <= ledger.hashes.count ? ledger.hashes[Int(number) - 1] : nil
            guard hash != known else { continue }
            if let pending { try add(pending.page, pending.hash, pending.bytes, size: 0) }
            pending = (number, hash, Array(page))
        }
        try flush()
    }

    /// Makes it durable and tells the ledger.
    ///
    /// - Parameter firstPage: for a commit that only cuts pages off.
    mutating func finish(firstPage: () throws(FileError) -> [UInt8] = Self.noPage) throws(FileError) {
        if pending == nil, frames == 0, Int(pageCount) != ledger.hashes.count {
            let bytes = try firstPage()
            pending = (1, bytes.withUnsafeBytes { PageHash.of(page: $0.baseAddress!, number: 1) }, bytes)
        }
        if let last = pending {
            try add(last.page, last.hash, last.bytes, size: pageCount)
            try flush()
            try ledger.log.file.sync()
        }
        ledger.end(changed, size: pageCount)
        ledger.chain = chain
        ledger.history.append(frames: frames, at: bookmark)
    }

    private static func noPage() throws(FileError) -> [UInt8] {
        throw .failed(
            operation: "change of size without a change of the first page", path: "a replica's history", errno: 0)
    }

    private mutating func add(_ page: UInt32, _ hash: UInt64, _ bytes: [UInt8], size: UInt32) throws(FileError) {
        let txid = bookmark.txid.rawValue
        chain.add(page: page, size: size, txid: txid, hash: hash)
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: ReplicaFrame.headerBytes))
        buffer.withUnsafeMutableBytes { raw in
            ReplicaFrame.writeHeader(
                UnsafeMutableRawBufferPointer(rebasing: raw[start...]), page: page, size: size, txid, chain.value)
        }
        buffer.append(contentsOf: bytes)
        changed.append((page, hash))
    }

    private mutating func flush() throws(FileError) {
        guard !buffer.isEmpty else { return }
        if frames == 0 { try ledger.trim() }
        try ledger.log.write(buffer, at: ReplicaLogHeader.offset(ofFrame: ledger.history.frameCount + frames + 1))
        frames += UInt32(buffer.count / ReplicaFrame.bytes)
        buffer.removeAll(keepingCapacity: true)
    }
}
