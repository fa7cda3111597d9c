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

    /// - Throws: `SQLFailure`; no file is left then.
    func make(of held: HeldTenant) throws(SQLFailure) -> CompactFile {
        let generation = try newGeneration()
        let aside = "\(engine.layout.temporary)/\(compaction.tenant).\(generation).compact"
        let place = engine.layout.path(of: compaction.tenant, generation)
        let share = try takeRoom(for: held)
        defer { share.noteWritten() }
        let scratch = try onDisk { () throws(FileError) in try engine.context.vfs.makeScratch(path: aside) }
        defer { engine.context.vfs.forget(scratch) }
        do throws(SQLFailure) {
            try write(held, into: scratch)
            if !engine.context.faults.switchBeforeSync {
                try onDisk { () throws(FileError) in try scratch.finish() }
            }
            let found = try onDisk { () throws(FileError) in try FileChecksum.of(aside, engine.files) }
            try onDisk { () throws(FileError) in try move(aside, to: place) }
            return CompactFile(
                path: place, generation: generation, pageCount: found.pageCount, checksum: found.checksum)
        } catch {
            for path in [aside, place] { try? engine.files.remove(path) }
            throw error
        }
    }

    private func newGeneration() throws(SQLFailure) -> Generation {
        do throws(TenantsError) { return try engine.nextGeneration() } catch { throw .busy }
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
        let watch = CompactionProgress(engine: engine, deadline: compaction.deadline)
        do throws(SQLiteError) {
            let connection = try Connection(
                vfs: engine.context.vfs, file: held.file, temporary: TempAccount(limit: engine.settings.temporaryBytes),
                memory: held.memory, options: options)
            connection.isUnbounded = true
            connection.observeProgress(every: ExecutionWatch.stepsBetweenLooks, watch)
            try connection.compact(into: scratch)
        } catch {
            if error.code == SQLITE_INTERRUPT { throw watch.isStopping ? .busy : .deadlineExceeded }
            if let disk = scratch.error { throw Self.failure(disk) }
            throw error.isDiskFull ? .diskFull : .sqlite(error)
        }
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
        return .sqlite(SQLiteError(extendedCode: SQLITE_IOERR, message: "the compact copy cannot be written: \(error)"))
    }
}

/// Ends the copying when nobody waits for it any more.
private final class CompactionProgress: ProgressObserver {
    private let engine: TenantEngine
    private let deadline: Instant

    init(engine: TenantEngine, deadline: Instant) {
        self.engine = engine
        self.deadline = deadline
    }

    var isStopping: Bool { engine.life.isStopping || engine.life.isAbandoned }
    func mustStop() -> Bool { isStopping || engine.context.time.monotonic() >= deadline }
}
