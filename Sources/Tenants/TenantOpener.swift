import Journal
import Lanes
import SQLiteKit
import Seams
import Vocabulary

/// Opens and closes tenants' databases: from the census to the VFS and back. On the tenant's thread.
final class TenantOpener: Sendable {
    let ticking = TickingTenants()
    private let layout: TenantLayout
    private let census: Census
    private let journal: Journal
    private let dirty: DirtyTenants
    private let encoders: EncoderPool
    private let context: DatabaseContext

    init(layout: TenantLayout, census: Census, journal: Journal, dirty: DirtyTenants, context: DatabaseContext) {
        self.layout = layout
        self.census = census
        self.journal = journal
        encoders = EncoderPool(journal: journal)
        self.dirty = dirty
        self.context = context
    }

    /// - Throws: `.notFound`; `.damaged` for a file that is missing, short or no database: it is never made anew.
    ///
    /// - Parameter event: the record that made the tenant, where it may not be durable yet.
    func open(_ id: TenantID, after event: LSN) throws(TenantsError) -> TenantDatabase {
        guard let facts = census.find(id) else { throw .notFound(id) }
        let path = layout.path(of: id, facts.generation)
        if let reason = census.damage(of: id), !isMended(id, facts, path) { throw .damaged(id, reason: reason) }
        try setAsideForeignLog(path)
        let recorder = CommitRecorder(
            tenant: id, state: facts, journal: journal, dirty: dirty, encoders: encoders, context: context, after: event
        )
        let file = try attach(id, path, facts, recorder)
        do throws(SQLiteError) {
            return try TenantDatabase(tenant: id, file: file, recorder: recorder, context: context)
        } catch {
            context.vfs.detach(file)
            // What the disk says may be different next time; what the file says may not.
            guard error.isDamage else { throw .storage("the file of tenant \(id) does not open: \(error.message)") }
            throw damaged(id, "its file does not open: \(error.message)")
        }
    }

    /// Whether somebody has put the right file back since an earlier process found the damage. Reads all of it, once.
    private func isMended(_ id: TenantID, _ facts: TenantState, _ path: String) -> Bool {
        guard census.mayBeMended(id) else { return false }
        _ = Lane.stepAside()
        guard let found = try? FileChecksum.of(path, context.vfs.files),
            found.pageCount == facts.pageCount, found.checksum == facts.checksum
        else { return false }
        census.clearDamage(of: id)
        return true
    }

    private func attach(_ id: TenantID, _ path: String, _ facts: TenantState, _ recorder: CommitRecorder)
        throws(TenantsError) -> DatabaseFile
    {
        do throws(FileError) {
            let file = try context.vfs.attach(path: path, observer: recorder)
            guard file.fileSize == Int64(facts.pageCount) * Int64(PageHash.pageSize) else {
                let found = file.fileSize
                context.vfs.detach(file)
                throw FileError.failed(
                    operation: "size check (\(found) bytes for \(facts.pageCount) pages)", path: path, errno: 0)
            }
            return file
        } catch {
            switch error {
            case .notFound:
                if context.faults.recreateMissing { return try recreate(id, path, facts, recorder) }
                throw damaged(id, "its file \(path) is missing")
            case .failed(let operation, _, 0): throw damaged(id, operation)
            default: throw error.asTenantsError
            }
        }
    }

    /// The broken variant of rule J8, for its proof.
    private func recreate(_ id: TenantID, _ path: String, _ facts: TenantState, _ recorder: CommitRecorder)
        throws(TenantsError) -> DatabaseFile
    {
        let bytes = try TemplateBuilder.build(sql: "")
        do throws(FileError) {
            let file = try context.vfs.files.open(path, .create)
            defer { file.close() }
            try bytes.withUnsafeBytesTyped { raw throws(FileError) in try file.write(raw, at: 0) }
            return try context.vfs.attach(path: path, observer: recorder)
        } catch {
            throw error.asTenantsError
        }
    }

    private func damaged(_ id: TenantID, _ reason: String) -> TenantsError {
        census.markDamaged(id, reason)
        return .damaged(id, reason: reason)
    }

    /// A log file beside a tenant's file was not written by this node: moved away, never opened (rule J4).
    private func setAsideForeignLog(_ path: String) throws(TenantsError) {
        let files = context.vfs.files
        if context.faults.leaveForeignLogs { return }
        do throws(FileError) {
            guard try files.size(of: path + "-wal") != nil, let slash = path.lastIndex(of: "/") else { return }
            try files.makeDirectory(layout.lostAndFound)
            let name = path[path.index(after: slash)...]
            try files.rename(path + "-wal", to: "\(layout.lostAndFound)/\(name)-wal.\(context.time.wall())")
        } catch {
            throw error.asTenantsError
        }
    }

    /// Everything is in the file (not yet synced); the facts go back to the census.
    func didClose(_ database: TenantDatabase) {
        database.recorder.releaseReservation()
        census.put(database.tenant, database.state)
        context.vfs.detach(database.file)
    }

    /// The file is nobody's any more.
    func didAbandon(_ database: TenantDatabase) { context.vfs.detach(database.file) }
}
