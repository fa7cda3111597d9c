import CSQLite
import Glibc
package import Seams
import Synchronization

/// Our VFS under SQLite: databases whose log lives in memory, since the node's journal is the durable log.
///
/// No `-wal`, no `-shm`, no `-journal` file is ever made. A database must be attached before a connection opens it, and
/// files that nobody attached cannot be opened at all, whatever SQL says.
package final class DatabaseVFS: @unchecked Sendable {
    // @unchecked: the registered structure is constant after init; the table is behind its mutex.
    package struct Settings: Sendable {
        /// Descriptors of database files kept open.
        package var descriptors: Int
        /// Folder for temporary files.
        package var temporaryDirectory: String

        package init(descriptors: Int, temporaryDirectory: String) {
            self.descriptors = descriptors
            self.temporaryDirectory = temporaryDirectory
        }
    }

    package let files: any Files
    package let budget: WALBudget
    package let descriptors: DescriptorCache
    private let settings: Settings
    private let attached = Mutex<[String: DatabaseFile]>([:])
    private let scratches = Mutex<[String: ScratchFile]>([:])
    private let temporaryCounter = Atomic<UInt64>(0)
    private let registration: UnsafeMutablePointer<sqlite3_vfs>
    let name: UnsafeMutablePointer<CChar>

    private static let instances = Atomic<UInt64>(0)

    package init(files: any Files, budget: WALBudget, settings: Settings) {
        SQLiteRuntime.start()
        self.files = files
        self.budget = budget
        self.settings = settings
        descriptors = DescriptorCache(files: files, capacity: settings.descriptors)
        let (_, number) = Self.instances.add(1, ordering: .relaxed)
        name = strdup("rowhouse-\(number)")
        registration = .allocate(capacity: 1)
        registration.initialize(to: VFSTable.make(name: name))
        registration.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
        let code = sqlite3_vfs_register(registration, 0)
        precondition(code == SQLITE_OK, "the VFS cannot be registered (code \(code))")
    }

    deinit {
        sqlite3_vfs_unregister(registration)
        registration.deallocate()
        free(name)
    }

    /// Makes the file known under its name, the last part of its path. It must exist, have pages of 4,096 bytes, and nobody else may touch it;
    /// no other attached one may have the name.
    ///
    /// - Throws: `FileError.notFound` and what else the disk says.
    package func attach(path: String, observer: (any CommitObserver)?) throws(FileError) -> DatabaseFile {
        guard let size = try files.size(of: path) else { throw .notFound(path: path) }
        let file = DatabaseFile(
            path: path, size: size, budget: budget, descriptors: descriptors, observer: observer)
        attached.withLock { table in
            precondition(table[file.name] == nil, "a database was attached twice")
            table[file.name] = file
        }
        return file
    }

    /// Forgets the file; all its connections are closed.
    package func detach(_ file: DatabaseFile) {
        attached.withLock { _ = $0.removeValue(forKey: file.name) }
    }

    func find(_ name: String) -> DatabaseFile? { attached.withLock { $0[name] } }

    func findScratch(_ name: String) -> ScratchFile? { scratches.withLock { $0[name] } }

    /// Makes a file that `Connection.compact` may write to. Forget it when that has ended.
    ///
    /// - Parameter mayGoOn: asked now and then while it is written; a write that may not go on is interrupted.
    /// - Throws: what the disk says; `.exists` where there is such a file.
    package func makeScratch(
        path: String, while mayGoOn: @escaping @Sendable () -> Bool = { true }
    ) throws(FileError) -> ScratchFile {
        keep(ScratchFile(path: path, name: newScratchName(), file: try files.open(path, .createNew), while: mayGoOn))
    }

    /// Opens one that is there, for a `Connection` of its own. Forget it when that has ended.
    ///
    /// - Parameter mayGoOn: asked before each read, on the connection's thread; a read that may not be made fails.
    package func openScratch(
        path: String, while mayGoOn: @escaping @Sendable () -> Bool
    ) throws(FileError) -> ScratchFile {
        let file = try files.open(path, .update)
        do throws(FileError) {
            let size = try file.size()
            return keep(ScratchFile(path: path, name: newScratchName(), file: file, size: size, while: mayGoOn))
        } catch {
            file.close()
            throw error
        }
    }

    private func newScratchName() -> String {
        "scratch-\(temporaryCounter.add(1, ordering: .relaxed).newValue)"
    }

    private func keep(_ scratch: ScratchFile) -> ScratchFile {
        scratches.withLock { $0[scratch.name] = scratch }
        return scratch
    }

    package func forget(_ scratch: ScratchFile) { scratches.withLock { _ = $0.removeValue(forKey: scratch.name) } }

    /// A file without a name: made, opened, unlinked.
    func openTemporary() -> TempFile? {
        guard let account = CallState.current?.pointee.temporary?.takeUnretainedValue() else { return nil }
        let (_, number) = temporaryCounter.add(1, ordering: .relaxed)
        let path = settings.temporaryDirectory + "/\(number).tmp"
        do {
            let file = try files.open(path, .createNew)
            try? files.remove(path)
            return TempFile(file: file, account: account)
        } catch {
            return nil
        }
    }
}
