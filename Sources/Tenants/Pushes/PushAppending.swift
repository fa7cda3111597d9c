import Seams
import Vocabulary

/// Writes pushed frames, which the tenant has taken, behind a history's log, as they are: so the replica that sent them has what
/// all others get. Blocks, a piece a step.
final class PushAppending: @unchecked Sendable {
    // @unchecked: one step at a time, by whoever has the tenant's turn.
    private static let piece: UInt32 = 256

    private let pushed: PushedFile
    private let range: Range<UInt32>
    private let ledger: ReplicaLedger
    private let files: any Files
    /// What the tenant is with them.
    private let bookmark: Bookmark
    private var next: UInt32
    private var chain: ReplicaChain
    private var frames: UInt32 = 0
    private var commit: [(page: UInt32, hash: UInt64)] = []
    private var commits: [(size: UInt32, pages: [(page: UInt32, hash: UInt64)])] = []

    init(
        _ pushed: PushedFile, _ range: Range<UInt32>, at bookmark: Bookmark, to ledger: ReplicaLedger,
        _ files: any Files
    ) {
        self.pushed = pushed
        self.range = range
        self.ledger = ledger
        self.files = files
        self.bookmark = bookmark
        next = range.lowerBound
        chain = ledger.chain
    }

    /// - Returns: whether it is done: the log is durable, and the ledger knows.
    func step() throws(FileError) -> Bool {
        if frames == 0 { try ledger.trim() }
        guard next < range.upperBound else {
            try ledger.log.file.sync()
            finish()
            return true
        }
        let end = min(next + Self.piece, range.upperBound)
        var buffer: [UInt8] = []
        buffer.reserveCapacity(Int(end - next) * ReplicaFrame.bytes)
        let start = ledger.history.frameCount + frames + 1
        try pushed.forEach(next..<end, files) { (frame) throws(FileError) in add(frame, to: &buffer) }
        try ledger.log.write(buffer, at: ReplicaLogHeader.offset(ofFrame: start))
        next = end
        return false
    }

    private func add(_ frame: PushedFile.Frame, to buffer: inout [UInt8]) {
        frames += 1
        // The others' ends are no states that the tenant had: no answer is to end there.
        let txid = frames == UInt32(range.count) ? bookmark.txid.rawValue : ReplicaFrame.onTheWay
        chain.add(page: frame.page, size: frame.size, txid: txid, hash: frame.hash)
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: ReplicaFrame.headerBytes))
        buffer.withUnsafeMutableBytes { raw in
            ReplicaFrame.writeHeader(
                UnsafeMutableRawBufferPointer(rebasing: raw[start...]), page: frame.page, size: frame.size, txid,
                chain.value)
        }
        buffer.append(contentsOf: frame.content)
        commit.append((frame.page, frame.hash))
        guard frame.size > 0 else { return }
        commits.append((frame.size, commit))
        commit = []
    }

    private func finish() {
        var stops: [UInt32] = []
        for commit in commits {
            ledger.end(commit.pages, size: commit.size)
            stops.append((stops.last ?? 0) + UInt32(commit.pages.count))
        }
        ledger.history.append(frames: frames, inner: stops.dropLast(), at: bookmark)
        ledger.chain = chain
    }
}
