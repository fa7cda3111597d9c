import Seams
import Vocabulary

/// Begins a generation with what another one ends at, and pushed frames over it that its log does not have: where the log has
/// become too long, or could not be written. Blocks, a piece a step.
///
/// It is made from the history's own files, not from the tenant: so pages are where replicas have them, also where the tenant
/// has more of them than it shows.
final class ReplicaRenewal: @unchecked Sendable {
    // @unchecked: one step at a time, by whoever has the tenant's turn.
    struct Plan: Sendable {
        var generation: UInt32
        /// What replicas count on from.
        var origin: ReplicaOrigin
        /// What the tenant is there.
        var bookmark: Bookmark
        var pushed: PushedFile
        /// Those that the log does not have.
        var range: Range<UInt32>
    }

    private let old: ReplicaLedger
    private let plan: Plan
    private let folder: ReplicaFolder
    private let files: any Files
    private var file: PacedFile?
    private var unrolling: ReplicaUnrolling
    private var next: UInt32
    private var hashes: [UInt64]
    private var commit: [(page: UInt32, hash: UInt64)] = []
    private(set) var ledger: ReplicaLedger?

    init(_ old: ReplicaLedger, _ plan: Plan, in folder: ReplicaFolder, _ files: any Files) {
        self.old = old
        self.plan = plan
        self.folder = folder
        self.files = files
        unrolling = ReplicaUnrolling(old)
        next = plan.range.lowerBound
        hashes = old.hashes
    }

    private var unfinished: String { folder.base(old.tenant, plan.generation) + ".new" }

    /// - Returns: whether it is done: `ledger` is there, and durable.
    /// - Throws: also where the older generation is damaged.
    func step() throws(FileError) -> Bool {
        let file: PacedFile
        if let begun = self.file { file = begun } else { file = try begin() }
        guard try unrolling.step(to: file) else { return false }
        if let damaged = unrolling.damaged {
            throw .failed(operation: "copy of page \(damaged)", path: "a replica's history", errno: 0)
        }
        guard next < plan.range.upperBound else {
            try finish(file)
            return true
        }
        let end = min(next + ReplicaMaking.piece, plan.range.upperBound)
        try plan.pushed.forEach(next..<end, files) { (frame) throws(FileError) in
            try file.put(frame.content, page: frame.page, size: frame.size)
            commit.append((frame.page, frame.hash))
            guard frame.size > 0 else { return }
            ReplicaLedger.end(commit, size: frame.size, in: &hashes)
            commit = []
        }
        next = end
        return false
    }

    /// Nothing is left of it.
    func undo() {
        file?.close()
        file = nil
        for path in [
            unfinished, folder.base(old.tenant, plan.generation), folder.frames(old.tenant, plan.generation),
        ] { try? files.remove(path) }
    }

    private func begin() throws(FileError) -> PacedFile {
        var pages = UInt32(old.hashes.count)
        if let last = plan.range.last {
            try plan.pushed.forEach(last..<last + 1, files) { (frame) throws(FileError) in
                pages = max(pages, frame.size)
            }
        }
        let made = try PacedFile(files, unfinished, atMost: pages)
        file = made
        return made
    }

    private func finish(_ file: PacedFile) throws(FileError) {
        try file.sync()
        let sum = hashes.reduce(0, ^)
        let pages = UInt32(hashes.count)
        let header = ReplicaLogHeader(
            generation: plan.generation, basePages: pages, bookmark: plan.bookmark, baseSum: sum, origin: plan.origin,
            promised: promised)
        let log = try folder.establish(header, of: old.tenant, from: unfinished, files)
        file.close()
        self.file = nil
        let base = ReplicaFile(try files.open(folder.base(old.tenant, plan.generation), .read))
        ledger = ReplicaLedger(
            tenant: old.tenant, base: base, log: log, header: header,
            history: ReplicaHistory(
                generation: plan.generation, basePages: pages, at: plan.bookmark, from: plan.origin),
            chain: ReplicaChain(value: sum), hashes: hashes)
    }

    /// Numbers that parts were given count on, too.
    private var promised: Int64 { max(-1, old.promised - Int64(old.history.frameCount) - Int64(plan.range.count)) }
}
