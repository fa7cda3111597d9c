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

    /// Makes the file known under its path. It must exist, have pages of 4,096 bytes, and nobody else may touch it.
    ///
    /// - Throws: `FileError.notFound` and what else the disk says.
    package func attach(path: String, observer: (any CommitObserver)?) throws(FileError) -> DatabaseFile {
        guard let size = try files.size(of: path) else { throw .notFound(path: path) }
        let file = DatabaseFile(
            path: path, size: size, budget: budget, descriptors: descriptors, observer: observer)
        attached.withLock { table in
            precondition(table[path] == nil, "a database was attached twice")
            table[path] = file
        }
        return file
    }

    /// Forgets the file; all its connections are closed.
    package func detach(_ file: DatabaseFile) {
        attached.withLock { _ = $0.removeValue(forKey: file.path) }
    }

    func find(_ path: String) -> DatabaseFile? { attached.withLock { $0[path] } }

    /// A file without a name: made, opened, unlinked.
    func openTemporary() -> TempFile? {
        guard let account = TempAccounting.current else { return nil }
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

/// Whose temporary files are being made on this thread. SQLite opens them deep inside a step, without saying for whom.
enum TempAccounting {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let code = pthread_key_create(&key, nil)
        precondition(code == 0, "no thread-local key to be had")
        return key
    }()

    static var current: TempAccount? {
        guard let pointer = pthread_getspecific(key) else { return nil }
        return Unmanaged<TempAccount>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// The caller keeps the account alive for as long as it is set.
    @inline(__always)
    static func set(_ account: TempAccount) {
        pthread_setspecific(key, Unmanaged.passUnretained(account).toOpaque())
    }
}
