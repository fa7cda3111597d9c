import Seams
import Vocabulary

/// Begins a generation: writes a tenant's copy as its first state, page by page, and the log behind it. Blocks, a piece a step.
final class ReplicaMaking: @unchecked Sendable {
    // @unchecked: one step at a time.
    static let piece: UInt32 = 256

    private let source: ReplicaSource
    private let tenant: TenantID
    private let generation: UInt32
    private let folder: ReplicaFolder
    private let files: any Files
    private var base: ReplicaFile?
    private var next: UInt32 = 1
    private var sum: UInt64 = 0
    private var hashes: [UInt64] = []
    private(set) var ledger: ReplicaLedger?

    init(
        _ source: ReplicaSource, of tenant: TenantID, _ generation: UInt32, in folder: ReplicaFolder, _ files: any Files
    ) {
        self.source = source
        self.tenant = tenant
        self.generation = generation
        self.folder = folder
        self.files = files
    }

    /// - Returns: whether it is done: `ledger` is there, and durable.
    func step() throws(FileError) -> Bool {
        let base: ReplicaFile
        if let begun = self.base { base = begun } else { base = try begin() }
        guard next <= source.pageCount else {
            try finish(base)
            return true
        }
        let count = min(Self.piece, source.pageCount - next + 1)
        let bytes = try source.pages(count, from: next)
        bytes.withUnsafeBytes { raw in
            for index in 0..<Int(count) {
                let hash = PageHash.of(
                    page: raw.baseAddress! + index * PageHash.pageSize, number: next + UInt32(index))
                hashes.append(hash)
                sum ^= hash
            }
        }
        try base.write(bytes, at: Int64(next - 1) * Int64(PageHash.pageSize))
        next += count
        return false
    }

    /// Nothing is left of what was not finished.
    func undo() { try? files.remove(unfinished) }

    private var unfinished: String { folder.base(tenant, generation) + ".new" }

    private func begin() throws(FileError) -> ReplicaFile {
        try files.makeDirectory(folder.folder(of: tenant))
        let made = ReplicaFile(try files.open(unfinished, .create))
        try made.file.truncate(to: 0)
        hashes.reserveCapacity(Int(source.pageCount))
        base = made
        return made
    }

    private func finish(_ base: ReplicaFile) throws(FileError) {
        try base.file.sync()
        let header = ReplicaLogHeader(
            generation: generation, basePages: source.pageCount, bookmark: source.bookmark, baseSum: sum)
        let log = try folder.establish(header, of: tenant, from: unfinished, files)
        ledger = ReplicaLedger(
            tenant: tenant, base: base, log: log, header: header,
            history: ReplicaHistory(generation: generation, basePages: source.pageCount, at: source.bookmark),
            chain: ReplicaChain(value: sum), hashes: hashes)
    }
}
