import Glibc
package import Seams
import Vocabulary

extension Journal {
    /// Opens the journal in a folder, or makes one.
    ///
    /// When it returns, every record that counts is durable, a fresh segment has been begun, and `durableLSN` is the last
    /// record's. The caller then runs the recovery, and `flushLoop` and `prepareLoop` on a thread each.
    ///
    /// - Parameters:
    ///   - acceptLoss: Go on without the records from a damaged one on.
    ///   - onFatal: Called at most once, when the disk fails a flush: nothing is acknowledged any more and the process
    ///     should say so and exit (rule J6).
    /// - Throws: `.damaged` if a record is missing that was durable; `.disk`, `.manifest`, `.version`, `.options`.
    package static func open(
        _ directory: String, files: any Files, time: any TimeSource, random: any RandomSource,
        options: JournalOptions = JournalOptions(), faults: JournalFaults = JournalFaults(), acceptLoss: Bool = false,
        onFatal: @escaping @Sendable (JournalError) -> Void
    ) throws(JournalError) -> OpenedJournal {
        try options.validated()
        let opening = JournalOpening(
            store: SegmentStore(files: files, directory: directory), time: time, random: random, options: options,
            faults: faults)
        return try opening.run(acceptLoss: acceptLoss, onFatal: onFatal)
    }
}

/// The steps of opening, one by one.
private struct JournalOpening {
    let store: SegmentStore
    let time: any TimeSource
    let random: any RandomSource
    let options: JournalOptions
    let faults: JournalFaults

    func run(
        acceptLoss: Bool, onFatal: @escaping @Sendable (JournalError) -> Void
    ) throws(JournalError) -> OpenedJournal {
        let (manifest, found) = try find()
        var outline = JournalOutline()
        let links = SegmentChain.links(found, after: manifest.recoveryPoint)
        let scan = JournalScan(
            links: links, point: manifest.recoveryPoint, claimed: manifest.durable, faults: faults)
        let outcome = try scan.run { (view) throws(JournalError) in outline.add(view.header) }
        outline.finish()
        if let damage = outcome.damage, !acceptLoss { throw .damaged(damage) }
        let last = LSN(outcome.next.rawValue - 1)

        let manifests = ManifestStore(files: store.files, directory: store.directory, manifest: manifest)
        // An earlier process may have renamed the manifest and not synced the folder. What it lets go is about to be
        // overwritten: until this is durable, a power cut could bring the one before back, which needs it.
        try update(manifests) { _ in }
        var pool = try sort(found, links.filter { $0.header.firstLSN < outcome.next })
        let firstFresh = faults.skipRehome ? outcome.next : min(outcome.witnessed.next, outcome.next)
        let records = try copy(from: firstFresh, to: outcome.next, scan)
        let fresh = try begin(firstLSN: firstFresh, records, &pool)

        let ceiling = max(manifest.generationCeiling, outline.highestGeneration.next)
        try update(manifests) { manifest in
            manifest.durable = last
            manifest.generationCeiling = ceiling
        }
        let journal = Journal(
            store: store, time: time, random: random, options: options, faults: faults, manifests: manifests,
            state: AppendState(options: options, pool: pool, nextLSN: outcome.next, parted: outline.parted),
            current: fresh, onFatal: onFatal)
        let recovery = Recovery(
            store: store, links: SegmentChain.appending(fresh, to: links), outline: outline,
            point: manifest.recoveryPoint, end: outcome.next,
            nodeState: manifest.nodeState, faults: faults)
        let report = OpenReport(
            recoveryPoint: manifest.recoveryPoint, lastLSN: last, rehomed: records.count, accepted: outcome.damage)
        return OpenedJournal(journal: journal, recovery: recovery, report: report)
    }

    private func update(_ manifests: ManifestStore, _ change: (inout Manifest) -> Void) throws(JournalError) {
        try Ballast.retrying(store) { () throws(JournalError) in
            try onDisk { () throws(FileError) in try manifests.update(change) }
        }
    }

    private func find() throws(JournalError) -> (Manifest, [SegmentStore.Found]) {
        try onDisk { () throws(FileError) in try store.files.makeDirectory(store.directory) }
        let manifest = try ManifestStore.read(files: store.files, directory: store.directory)
        let found = try onDisk { () throws(FileError) in try store.find(.update) }
        if let manifest { return (manifest, found) }
        guard found.allSatisfy({ $0.header == nil }) else { throw .manifest("is missing, though there are segments") }
        let manifests = ManifestStore(files: store.files, directory: store.directory, manifest: .first)
        try onDisk { () throws(FileError) in
            try manifests.update { _ in }
            try syncHolders()
        }
        return (.first, found)
    }

    /// Makes the new folder's name durable, and the names of all folders above it: any of them may be as new, made by this
    /// start or by one that was cut off.
    private func syncHolders() throws(FileError) {
        var path = store.directory
        while let slash = path.lastIndex(of: "/"), path != "/" {
            path = slash == path.startIndex ? "/" : String(path[..<slash])
            do throws(FileError) {
                try store.files.syncDirectory(path)
            } catch {
                // A folder that this process may not read was not made by it.
                guard case .failed(_, _, EACCES) = error else { throw error }
            }
        }
    }

    /// Tells segments in use from those that are ready, and removes those of another size.
    private func sort(_ found: [SegmentStore.Found], _ needed: [ChainLink]) throws(JournalError) -> SegmentPool {
        let used = needed.map {
            UsedSegment(
                slot: $0.slot, sequence: $0.header.sequence, firstLSN: $0.header.firstLSN, begun: time.monotonic())
        }
        var ready: [SegmentSlot] = []
        for file in found where !needed.contains(where: { $0.slot.number == file.slot.number }) {
            if file.slot.length == options.segmentBytes {
                ready.append(file.slot)
            } else {
                try onDisk { () throws(FileError) in try store.remove(file.slot) }
            }
        }
        return SegmentPool(
            ready: ready, used: used, nextNumber: (found.map(\.slot.number).max() ?? 0) + 1,
            nextSequence: (found.compactMap(\.header?.sequence).max() ?? 0) + 1, maximum: options.maximumSegments)
    }

    /// Reads the records that nothing witnesses, as one flush's worth of blocks: at most one flush can be unwitnessed,
    /// since each begins with what was durable before it.
    private func copy(from first: LSN, to end: LSN, _ scan: JournalScan) throws(JournalError) -> [[UInt8]] {
        guard first < end else { return [] }
        var records: [[UInt8]] = []
        let tail = JournalScan(
            links: SegmentChain.tail(scan.links, from: first), point: LSN(first.rawValue - 1), end: end, faults: faults)
        let outcome = try tail.run { (view) throws(JournalError) in records.append(Array(view.bytes)) }
        guard outcome.next == end else { throw .unreadable(outcome.next) }
        return records
    }

    /// Begins the fresh segment. Its header is written last, after what it supersedes elsewhere is safe in it.
    private func begin(firstLSN: LSN, _ records: [[UInt8]], _ pool: inout SegmentPool) throws(JournalError)
        -> OpenSegment
    {
        let payload = records.reduce(0) { $0 + $1.count }
        let needed = max(options.segmentBytes, 4 * Block.size + Block.roundUp(FlushHeader.size + payload))
        let slot = try slot(atLeast: needed, &pool)
        let segment = pool.begin(slot, firstLSN: firstLSN, now: time.monotonic())
        var open = OpenSegment(segment, salt: random.next())
        try onDisk { () throws(FileError) in
            if !records.isEmpty {
                try open.rehome(records, durable: LSN(firstLSN.rawValue - 1))
                try slot.file.sync()
            }
            try open.writeHeader()
            try slot.file.sync()
        }
        return open
    }

    private func slot(atLeast length: Int, _ pool: inout SegmentPool) throws(JournalError) -> SegmentSlot {
        if let slot = pool.takeReady(atLeast: length) { return slot }
        // One file beyond the maximum if need be: a start must not depend on what only a running node can free.
        let number = pool.takeNumber()
        return try Ballast.retrying(store) { () throws(JournalError) in
            try onDisk { () throws(FileError) in try store.make(number, length: length) }
        }
    }
}
