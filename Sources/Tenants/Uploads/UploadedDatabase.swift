import CSQLite
import SQLiteKit
import Seams
import Vocabulary

/// A database file that is made for a tenant, aside, until it takes the place of the tenant's own. On an uploader's thread.
final class UploadedDatabase {
    let generation: Generation
    /// Where it is to go.
    let place: String
    private(set) var pageCount: UInt32 = 0
    private(set) var checksum: UInt64 = 0
    private let engine: TenantEngine
    private let tenant: TenantID
    private let scratch: ScratchFile

    private let mostPages: UInt32

    /// - Parameter mostPages: that it may have, 0 for any number.
    init(
        _ engine: TenantEngine, _ tenant: TenantID, _ generation: Generation, _ scratch: ScratchFile,
        atMost mostPages: UInt32
    ) {
        self.mostPages = mostPages
        self.engine = engine
        self.tenant = tenant
        self.generation = generation
        self.scratch = scratch
        place = engine.layout.path(of: tenant, generation)
    }

    deinit { engine.context.vfs.forget(scratch) }

    var byteCount: Int64 { Int64(pageCount) * Int64(PageHash.pageSize) }

    /// Makes the content durable, and knows it from then on.
    func finish(_ watch: UploadWatch) throws(UploadFailure) {
        try onDisk { () throws(FileError) in
            if !engine.context.faults.switchBeforeSync { try scratch.finish() }
        }
        var found = FileChecksum()
        while try !onDisk({ () throws(FileError) in try found.readOn(scratch.path, engine.files) }) {
            try watch.check()
        }
        (pageCount, checksum) = (found.pageCount, found.checksum)
        if mostPages > 0, pageCount > mostPages { throw .quotaExceeded }
    }

    /// Takes over what is the server's in the tenant: answers that were given under idempotency keys stay given, and tokens of
    /// claims held or refused.
    ///
    /// - Returns: whether there was any; then it is to be finished once more.
    func carryOver(from held: HeldTenant, _ watch: UploadWatch) throws(UploadFailure) -> Bool {
        do throws(UploadFailure) {
            return try carryOver(from: held, observedBy: watch)
        } catch {
            // What SQLite says is what came of it.
            if let stop = watch.stop { throw .engine(stop) }
            throw error
        }
    }

    private func carryOver(
        from held: HeldTenant, observedBy watch: UploadWatch
    ) throws(UploadFailure) -> Bool {
        try onSQL { () throws(SQLiteError) in
            var options = Connection.Options(
                cachePages: engine.settings.cachePages, maximumValueBytes: engine.settings.valueBytes)
            options.mayAttach = true
            let connection = try Connection(
                vfs: engine.context.vfs, file: held.file,
                temporary: TempAccount(limit: engine.settings.temporaryBytes), memory: held.memory, options: options)
            connection.isUnbounded = true
            // The content that is attached is a stranger's, and writers wait for this.
            connection.runNothingOfSchemas()
            connection.observeProgress(every: UploadWatch.stepsBetweenLooks, watch)
            let found = try connection.prepare(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN (\(ServerTables.quoted))")
            var names: [String] = []
            while try found.step() { names.append(found.string(0)) }
            found.reset()
            guard !names.isEmpty else { return false }
            try carry(names, connection)
            return true
        }
    }

    private func carry(_ names: [String], _ connection: Connection) throws(SQLiteError) {
        let reopened: FileError?
        do throws(FileError) {
            try scratch.reopen()
            reopened = nil
        } catch {
            reopened = error
        }
        if let reopened { throw SQLiteError(extendedCode: 10, message: "\(reopened)") }
        try connection.attach(scratch, as: "uploaded")
        let taken = try connection.prepare(
            "SELECT 1 FROM uploaded.sqlite_schema WHERE CAST(tbl_name AS TEXT) COLLATE NOCASE IN (\(ServerTables.quoted))"
        )
        guard try !taken.step() else {
            throw SQLiteError(extendedCode: SQLITE_CORRUPT, message: "it has tables of the server's")
        }
        taken.reset()
        try connection.execute(IdempotencyTable.schema(in: "uploaded"))
        try connection.execute(ClaimTable.schema(in: "uploaded"))
        for name in names { try connection.execute("INSERT INTO uploaded.\(name) SELECT * FROM main.\(name)") }
        try connection.execute("DETACH uploaded")
    }

    /// Its content is synced; when this returns its name is too.
    func moveIn() throws(UploadFailure) {
        try onDisk { () throws(FileError) in
            try engine.files.makeDirectory(engine.layout.folder(of: tenant))
            try engine.files.rename(scratch.path, to: place)
            for folder in engine.layout.folders(of: tenant) { try engine.files.syncDirectory(folder) }
            try engine.files.syncDirectory(engine.layout.temporary)
        }
    }

    /// It is not wanted. Best effort: the disk may be what failed.
    func discard() { for path in [scratch.path, place] { try? engine.files.remove(path) } }
}
