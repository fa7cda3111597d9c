import CSQLite
import Journal
import SQLiteKit
import Seams
import Vocabulary

/// Writes the compact copy of a held tenant, aside, and puts it in its place under a new generation, durably. On the
/// compactor's thread; memory is bounded by two page caches, whatever the file's size.
struct CompactCopy {
    let engine: TenantEngine
    let compaction: Compaction

    private var progress: CompactionProgress {
        CompactionProgress(engine: engine, deadline: compaction.deadline)
    }

    /// Whether the file is what the tenant's commits made it. Damage that nobody looks for would be copied else, get a checksum
    /// of its own, and what shows it would be removed.
    func isIntact(_ held: HeldTenant) throws(SQLFailure) -> Bool {
        let found = try checksum(of: engine.layout.path(of: compaction.tenant, held.state.generation))
        return found.pageCount == held.state.pageCount && found.checksum == held.state.checksum
    }

    /// - Throws: `SQLFailure`; no file is left then.
    func make(of held: HeldTenant) throws(SQLFailure) -> CompactFile {
        let generation = try newGeneration()
        let aside = "\(engine.layout.temporary)/\(compaction.tenant).\(generation).compact"
        let place = engine.layout.path(of: compaction.tenant, generation)
        let share = try takeRoom(for: held)
        defer { share.noteWritten() }
        let progress = progress
        let scratch = try onDisk { () throws(FileError) in
            try engine.context.vfs.makeScratch(path: aside) { !progress.mustStop() }
        }
        defer { engine.context.vfs.forget(scratch) }
        do throws(SQLFailure) {
            try write(held, into: scratch)
            try onDisk { () throws(FileError) in try carryMark(of: held, to: aside) }
            if !engine.context.faults.switchBeforeSync {
                try onDisk { () throws(FileError) in try scratch.finish() }
            }
            let found = try checksum(of: aside)
            try onDisk { () throws(FileError) in try check(found, scratch) }
            try onDisk { () throws(FileError) in try move(aside, to: place) }
            return CompactFile(
                path: place, generation: generation, pageCount: found.pageCount, checksum: found.checksum)
        } catch {
            for path in [aside, place] { try? engine.files.remove(path) }
            throw error
        }
    }

    private func newGeneration() throws(SQLFailure) -> Generation {
        do throws(TenantsError) { return try engine.nextGeneration() } catch { throw SQLFailure(compaction: error) }
    }

    /// Of a whole file, with looks at whether it is time to stop.
    private func checksum(of path: String) throws(SQLFailure) -> FileChecksum {
        var sum = FileChecksum()
        while try !onDisk({ () throws(FileError) in try sum.readOn(path, engine.files) }) {
            if let reason = progress.reasonToStop { throw reason }
        }
        return sum
    }

    /// What was read back is as long as what was written.
    private func check(_ found: FileChecksum, _ scratch: ScratchFile) throws(FileError) {
        let bytes = Int64(found.pageCount) * Int64(PageHash.pageSize)
        guard bytes == scratch.byteCount else {
            throw .failed(operation: "check (\(bytes) of \(scratch.byteCount) bytes)", path: scratch.path, errno: 0)
        }
    }

    /// The copy is no larger than the file. It leaves room for what others write meanwhile.
    private func takeRoom(for held: HeldTenant) throws(SQLFailure) -> SnapshotSpace.Share {
        repeat {
            let free = try onDisk { () throws(FileError) in
                try engine.files.freeBytes(holding: engine.layout.temporary)
            }
            let share = engine.snapshotSpace.take(held.file.fileSize, free: free, isKept: false)
            if let share, !engine.journal.isDiskFull { return share }
        } while engine.makeRoom()
        throw .diskFull
    }

    private func write(_ held: HeldTenant, into scratch: ScratchFile) throws(SQLFailure) {
        var options = Connection.Options(cachePages: engine.settings.cachePages)
        options.maximumValueBytes = engine.settings.valueBytes
        options.mayAttach = true
        // What is in the schema was short enough when it came.
        options.maximumSQLBytes = .max
        let watch = progress
        do throws(SQLiteError) {
            let connection = try Connection(
                vfs: engine.context.vfs, file: held.file, temporary: TempAccount(limit: engine.settings.temporaryBytes),
                memory: held.memory, options: options)
            connection.isUnbounded = true
            connection.observeProgress(every: ExecutionWatch.stepsBetweenLooks, watch)
            try connection.compact(into: scratch)
        } catch {
            if let disk = scratch.error { throw Self.failure(disk) }
            if let reason = watch.reasonToStop { throw reason }
            if error.code == SQLITE_INTERRUPT { throw .deadlineExceeded }
            throw error.isDiskFull ? .diskFull : .sqlite(error)
        }
    }

    /// SQLite writes the first page anew, and what the tenant remembers of its last push stays true.
    private func carryMark(of held: HeldTenant, to path: String) throws(FileError) {
        let old = try engine.files.open(engine.layout.path(of: compaction.tenant, held.state.generation), .read)
        defer { old.close() }
        var mark = [UInt8](repeating: 0, count: PushMark.length)
        let read = try mark.withUnsafeMutableBytesTyped { raw throws(FileError) in
            try old.read(into: raw, at: Int64(PushMark.offset))
        }
        guard read == PushMark.length, mark.contains(where: { $0 != 0 }) else { return }
        let new = try engine.files.open(path, .update)
        defer { new.close() }
        try mark.withUnsafeBytesTyped { raw throws(FileError) in try new.write(raw, at: Int64(PushMark.offset)) }
    }

    /// The file is synced; when this returns its name is too.
    private func move(_ aside: String, to place: String) throws(FileError) {
        try engine.files.rename(aside, to: place)
        for folder in engine.layout.folders(of: compaction.tenant) { try engine.files.syncDirectory(folder) }
        try engine.files.syncDirectory(engine.layout.temporary)
    }

    private func onDisk<T>(_ body: () throws(FileError) -> T) throws(SQLFailure) -> T {
        do throws(FileError) { return try body() } catch { throw Self.failure(error) }
    }

    private static func failure(_ error: FileError) -> SQLFailure {
        if case .full = error { return .diskFull }
        return .sqlite(SQLiteError(extendedCode: SQLITE_IOERR, message: "the file cannot be compacted: \(error)"))
    }
}

/// Ends the copying when nobody waits for it any more.
private final class CompactionProgress: ProgressObserver, Sendable {
    private let engine: TenantEngine
    private let deadline: Instant

    init(engine: TenantEngine, deadline: Instant) {
        self.engine = engine
        self.deadline = deadline
    }

    /// Nil as long as it goes on.
    var reasonToStop: SQLFailure? {
        if engine.life.isStopping || engine.life.isAbandoned { return .busy }
        return engine.context.time.monotonic() >= deadline ? .deadlineExceeded : nil
    }

    func mustStop() -> Bool { reasonToStop != nil }
}
