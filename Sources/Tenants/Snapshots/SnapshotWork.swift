import CSQLite
import Lanes
import SQLiteKit
import Seams
import Vocabulary

/// Copies a tenant beside its other works: from its tenant's thread it takes a snapshot, as a slow read does, and copies that aside.
///
/// The copy holds the log back like every old snapshot, and is ended like one (`READ_EXPIRED`) where the log runs out of room.
final class SnapshotWork: TenantWork, @unchecked Sendable {
    // @unchecked: `outcome` is written on the tenant's thread and read when the work is released, which comes after.
    /// Pages copied between two looks at whether somebody still wants them.
    private static let step: Int32 = 512
    /// Steps between two syncs: 16 MiB, so that no checkpoint, which syncs the file system, has to write more of the copy than that.
    private static let stepsBetweenSyncs = 8

    let deadline: Instant
    let cancellation: WorkCancellation?
    private let notesChanges: Bool
    private let known: @Sendable (Bookmark) -> Bool
    private let path: String
    private let engine: TenantEngine
    private let reply: Reply<SnapshotOutcome>
    private var outcome: Result<SnapshotOutcome, TenantsError> = .failure(.clientLeft)

    init(
        path: String, engine: TenantEngine, deadline: Instant, _ cancellation: WorkCancellation?,
        notesChanges: Bool, known: @escaping @Sendable (Bookmark) -> Bool, _ reply: Reply<SnapshotOutcome>
    ) {
        self.path = path
        self.engine = engine
        self.deadline = deadline
        self.cancellation = cancellation
        self.notesChanges = notesChanges
        self.known = known
        self.reply = reply
    }

    var mayBeWithdrawn: Bool { true }

    func run(on database: TenantDatabase) -> WorkOutcome {
        let (bookmark, newest) = (database.bookmark, database.newestLSN)
        if known(bookmark) {
            outcome = .success(.known(bookmark))
        } else {
            if notesChanges {
                database.recorder.touched = TouchedPages(since: bookmark, in: database.state.generation)
            }
            do throws(TenantsError) {
                outcome = .success(.made(try copy(database, bookmark)))
            } catch {
                if case .storage(let reason) = error {
                    engine.context.notices.tell(.copyFailed(database.tenant, reason: reason))
                }
                outcome = .failure(error)
            }
        }
        return .done(after: newest)
    }

    func refuse(_ error: TenantsError) { reply.send(.failure(error)) }

    func release() { reply.send(outcome) }

    // MARK: Copying

    private func copy(_ database: TenantDatabase, _ bookmark: Bookmark) throws(TenantsError) -> TenantSnapshot {
        let share = try takeRoom(for: database)
        let schemaVersion = database.schemaVersion
        defer { share.noteWritten() }
        let guarded: GuardedConnection
        do throws(SQLiteError) {
            guarded = try database.takeConnection()
            try guarded.own { connection throws(SQLiteError) in
                try connection.execute("BEGIN; SELECT 1 FROM sqlite_master LIMIT 1")
            }
        } catch {
            throw .storage(error.message)
        }
        defer { giveBack(guarded, to: database) }
        guard Lane.stepAside() else { throw .busy(queue: "room for slow statements") }
        guarded.watch.begin(nil, deadline: deadline, cancellation)
        database.letAside(guarded)
        let written: Result<Void, TenantsError>
        do throws(TenantsError) { written = .success(try write(from: guarded)) } catch { written = .failure(error) }
        database.comeBack(guarded)
        guarded.watch.end()
        do throws(TenantsError) {
            try written.get()
            return try hold(database.tenant, bookmark, schemaVersion, share)
        } catch {
            try? engine.files.remove(path)
            throw error
        }
    }

    private func takeRoom(for database: TenantDatabase) throws(TenantsError) -> SnapshotSpace.Share {
        guard database.mayCopyAside else { throw .busy(queue: "room for slow reads of this tenant") }
        do throws(FileError) {
            let bytes = Int64(database.file.pageCount) * Int64(PageHash.pageSize)
            let free = try engine.files.freeBytes(holding: engine.layout.temporary)
            guard let share = engine.snapshotSpace.take(bytes, free: free) else { throw FileError.full(path: path) }
            return share
        } catch {
            throw error.asTenantsError
        }
    }

    private func giveBack(_ guarded: GuardedConnection, to database: TenantDatabase) {
        letGo(of: guarded)
        database.giveBack(guarded)
    }

    /// The snapshot holds nothing up any more.
    private func letGo(of guarded: GuardedConnection) {
        guard !guarded.isAutocommit else { return }
        _ = try? guarded.own { connection throws(SQLiteError) in try connection.execute("ROLLBACK") }
    }

    private func write(from guarded: GuardedConnection) throws(TenantsError) {
        let connection = guarded.connection
        connection.isUnbounded = true
        defer { connection.isUnbounded = false }
        try copyPages(from: connection, guarded.watch)
        letGo(of: guarded)
        try finish(guarded.watch)
    }

    private func copyPages(from connection: Connection, _ watch: ExecutionWatch) throws(TenantsError) {
        let copy: DatabaseCopy
        do throws(SQLiteError) {
            copy = try DatabaseCopy(of: connection, to: path)
        } catch {
            throw explain(error, watch.stop)
        }
        var steps = 0
        var isWhole = false
        while !isWhole {
            do throws(SQLiteError) {
                isWhole = try copy.step(pages: Self.step)
                if watch.mustStop() { throw SQLiteError(extendedCode: SQLITE_INTERRUPT, message: "interrupted") }
            } catch {
                throw explain(error, watch.stop)
            }
            steps += 1
            if steps % Self.stepsBetweenSyncs == 0 { try onFile { (file) throws(FileError) in try file.sync() } }
        }
    }

    /// A plain file: no log beside it, and nothing of the server's own in it, nor of what was deleted.
    private func finish(_ watch: ExecutionWatch) throws(TenantsError) {
        try onFile { (file) throws(FileError) in
            try [UInt8]([1, 1]).withUnsafeBytesTyped { raw throws(FileError) in try file.write(raw, at: 18) }
            let nothing = [UInt8](repeating: 0, count: PushMark.length)
            try nothing.withUnsafeBytesTyped { raw throws(FileError) in
                try file.write(raw, at: Int64(PushMark.offset))
            }
        }
        do throws(SQLiteError) {
            for table in ServerTables.all { try CopyFinish.drop(table, from: path) }
        } catch {
            throw explain(error, nil)
        }
        try onFile { (file) throws(FileError) in try FreePages(file).clear { watch.mustStop() } }
        if watch.mustStop() {
            throw explain(SQLiteError(extendedCode: SQLITE_INTERRUPT, message: "interrupted"), watch.stop)
        }
    }

    private func onFile(_ body: (any File) throws(FileError) -> Void) throws(TenantsError) {
        do throws(FileError) {
            let file = try engine.files.open(path, .update)
            defer { file.close() }
            try body(file)
        } catch {
            throw error.asTenantsError
        }
    }

    /// Takes the file its name; whoever holds it keeps it.
    private func hold(
        _ tenant: TenantID, _ bookmark: Bookmark, _ schemaVersion: UInt32, _ share: SnapshotSpace.Share
    ) throws(TenantsError) -> TenantSnapshot {
        do throws(FileError) {
            let file = try engine.files.open(path, .read)
            do throws(FileError) {
                let size = try file.size()
                try engine.files.remove(path)
                return TenantSnapshot(
                    tenant, bookmark, byteCount: size, schemaVersion: schemaVersion, file: file, share,
                    reader: engine.downloads)
            } catch {
                file.close()
                throw error
            }
        } catch {
            throw error.asTenantsError
        }
    }

    private func explain(_ error: SQLiteError, _ stop: ExecutionWatch.Stop?) -> TenantsError {
        switch (error.code, stop) {
        case (SQLITE_INTERRUPT, .deadline): .deadlineExceeded
        case (SQLITE_INTERRUPT, .recalled(.tenantLeaves)): .busy(queue: "line of those who wait for the tenant's move")
        case (SQLITE_INTERRUPT, .recalled(.expired)): .busy(queue: "room in the log beside so many writes")
        case (SQLITE_INTERRUPT, _): .clientLeft
        case (SQLITE_FULL, _): .diskFull
        default: .storage("copy of the tenant: \(error.message)")
        }
    }
}

extension TenantDatabase {
    /// Whether one more slow read may run aside.
    var mayCopyAside: Bool {
        readers.limit > 0 && !readers.isFull && hold != .closing && host.mayGoOnMeanwhile
    }

    /// Of the newest commit: changes with the schema (https://sqlite.org/fileformat.html#schema_cookie), and with the file, since one
    /// that takes its place has tables elsewhere and may count from anywhere.
    var schemaVersion: UInt32 {
        guard let page = file.committedImage(of: 1) else { return 0 }
        let own = UInt32(bigEndian: page.loadUnaligned(fromByteOffset: 40, as: UInt32.self))
        let numbers = [UInt64(own), state.generation.rawValue, state.epoch.rawValue]
        return numbers.withUnsafeBytes { UInt32(truncatingIfNeeded: PageHash.xxh64($0, seed: 0)) }
    }
}
