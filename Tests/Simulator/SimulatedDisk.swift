import Glibc
package import Seams
import Synchronization

/// A file system in memory that forgets what was not synced, and whose Nth call can be made to go wrong.
///
/// What the engine must survive, zone by zone:
///
/// | zone | must survive |
/// |---|---|
/// | journal segments | any write torn at 512-byte sectors or dropped, alone or in any combination, unless synced; a write or sync that fails (the process then ends); old content under a new header; a full device while a segment is made |
/// | journal manifest | the write aside dropped or torn; the rename there or not there unless its folder was synced |
/// | tenants' files | any unsynced write or truncation dropped, kept or torn, in any order: the journal has them until a sync |
/// | names | any unsynced creation, removal or rename there or not there |
/// | templates | synced before first use, with their folder: nothing |
///
/// What it need not survive: a sync that lies, content that changes without a write (found by checksums where it is read,
/// not repaired), and a device that loses what was synced. Those are here for controls, to show that a check notices.
package final class SimulatedDisk: Files {
    let state: Mutex<DiskState>

    package init() { state = Mutex(DiskState()) }

    private init(_ left: DiskState) { state = Mutex(left) }

    // MARK: Faults

    /// Makes the `nth` call from now (from 1) go wrong.
    ///
    /// - Parameter operation: Which calls are counted; nil for all.
    package func inject(_ fault: DiskFault, on operation: DiskOperation? = nil, nth: Int = 1) {
        state.withLock { state in
            let now = operation.map { state.counts[$0, default: 0] } ?? state.total
            state.faults.append((operation, now + nth, fault))
        }
    }

    package func clearFaults() { state.withLock { $0.faults.removeAll() } }

    /// Calls so far; nil for all kinds together.
    package func calls(_ operation: DiskOperation? = nil) -> Int {
        state.withLock { state in operation.map { state.counts[$0, default: 0] } ?? state.total }
    }

    /// Every call fails from now on, as for a process that is gone.
    package func freeze() { state.withLock { $0.isFrozen = true } }

    package var isFrozen: Bool { state.withLock { $0.isFrozen } }

    /// Bytes of all files together at most.
    package func setCapacity(_ bytes: Int) { state.withLock { $0.capacity = bytes } }

    /// Files that may be open at the same time; more fail as they do in a process at its limit.
    package func setDescriptorLimit(_ limit: Int) { state.withLock { $0.descriptorLimit = limit } }

    /// Files that are open now.
    package var openFiles: Int { state.withLock { $0.openFiles } }

    package var usedBytes: Int { state.withLock { $0.used } }

    /// Every sync says that it worked and does nothing; for controls.
    package func setSyncsLie(_ lie: Bool) { state.withLock { $0.syncsLie = lie } }

    /// Whether a sync of all files at once can be relied on; if not there is none.
    package func setSyncsFileSystem(_ works: Bool) { state.withLock { $0.supportsSyncFileSystem = works } }

    /// The disk as a power cut could leave it. This one is frozen.
    package func crash(seed: UInt64, mode: CrashMode) -> SimulatedDisk {
        state.withLock { state in
            state.isFrozen = true
            return SimulatedDisk(state.crashed(seed: seed, mode: mode))
        }
    }

    /// The disk as the next process finds it after this one was killed: everything written is there, and what was not
    /// synced may still be lost later. This one is frozen.
    package func killed() -> SimulatedDisk {
        state.withLock { state in
            var left = state
            state.isFrozen = true
            left.isFrozen = false
            left.openFiles = 0
            left.faults.removeAll()
            return SimulatedDisk(left)
        }
    }

    /// An independent copy, faults and counts included.
    package func copy() -> SimulatedDisk { SimulatedDisk(state.withLock { $0 }) }

    /// What was not synced cannot be written, as nobody knows yet: the next sync says so.
    package func failWriteback(errno code: Int32) { state.withLock { $0.failWriteback(code) } }

    // MARK: Content, for checks and for damage

    package func bytes(of path: String) -> [UInt8]? {
        state.withLock { state in state.file(at: path).map { state.inodes[$0].current } }
    }

    /// Replaces a file's content, synced, as if it had always been so.
    package func put(_ bytes: [UInt8], at path: String) {
        state.withLock { state in
            if let slash = path.lastIndex(of: "/") { state.makeFolders(String(path[..<slash])) }
            guard let (folder, name) = state.parent(of: path) else { return }
            let index = state.file(at: path) ?? state.makeFile(folder, name)
            state.inodes[index] = SimulatedInode(synced: bytes, current: bytes)
            for folder in state.folders.indices { state.folders[folder].sync() }
        }
    }

    // MARK: Calls

    /// Counts a call, and carries out what was injected for it.
    ///
    /// - Returns: A fault that the call itself has to act out.
    func enter(_ operation: DiskOperation, _ path: String) throws(FileError) -> DiskFault? {
        let (isFrozen, fault) = state.withLock { state -> (Bool, DiskFault?) in
            if state.isFrozen { return (true, nil) }
            state.total += 1
            state.counts[operation, default: 0] += 1
            let (kind, all) = (state.counts[operation]!, state.total)
            let hit = state.faults.first { fault in
                fault.operation == operation && fault.nth == kind || fault.operation == nil && fault.nth == all
            }
            if case .powerCut? = hit?.fault { state.isFrozen = true }
            if case .evict? = hit?.fault { state.evict() }
            return (state.isFrozen, hit?.fault)
        }
        if isFrozen { throw .failed(operation: "\(operation)", path: path, errno: EIO) }
        switch fault {
        case .fail(let code)? where operation != .sync && operation != .syncFileSystem:
            throw .failed(operation: "\(operation)", path: path, errno: code)
        case .full?: throw .full(path: path)
        case .delay(let nanoseconds)?:
            var pause = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
            nanosleep(&pause, nil)
            return nil
        default: return fault
        }
    }

    func run<R: Sendable>(
        _ operation: DiskOperation, _ path: String, _ body: (inout DiskState) -> Result<R, FileError>
    ) throws(FileError) -> R {
        _ = try enter(operation, path)
        return try state.withLock { body(&$0) }.get()
    }

    package func open(_ path: String, _ mode: FileMode) throws(FileError) -> any File {
        let inode = try run(.open, path) { state -> Result<Int, FileError> in
            guard state.openFiles < state.descriptorLimit else { return .failure(.tooManyOpen) }
            let opened = state.open(path, mode)
            if case .success = opened { state.openFiles += 1 }
            return opened
        }
        return SimulatedFile(disk: self, inode: inode, path: path)
    }

    package func remove(_ path: String) throws(FileError) {
        try run(.remove, path) { state -> Result<Void, FileError> in
            guard let (folder, name) = state.parent(of: path), let file = state.file(at: path) else {
                return .failure(.notFound(path: path))
            }
            state.folders[folder].change(NameChange(sets: [], removes: [name]))
            state.forget(file)
            return .success(())
        }
    }

    package func rename(_ from: String, to: String) throws(FileError) {
        try run(.rename, from) { state -> Result<Void, FileError> in
            guard let source = state.parent(of: from), let node = state.node(at: from),
                let target = state.parent(of: to)
            else { return .failure(.notFound(path: from)) }
            let replaced = state.file(at: to)
            state.rename(source, target, node)
            if let replaced { state.forget(replaced) }
            return .success(())
        }
    }

    package func makeDirectory(_ path: String) throws(FileError) {
        try run(.makeDirectory, path) { state in
            state.makeFolders(path)
            return .success(())
        }
    }

    package func list(_ directory: String) throws(FileError) -> [String] {
        try run(.list, directory) { state in
            guard state.openFiles < state.descriptorLimit else { return .failure(.tooManyOpen) }
            guard let folder = state.folder(at: directory) else { return .failure(.notFound(path: directory)) }
            return .success(state.folders[folder].current.keys.sorted())
        }
    }

    package func size(of path: String) throws(FileError) -> Int64? {
        try run(.size, path) { state in
            switch state.node(at: path) {
            case .file(let inode): .success(Int64(state.inodes[inode].current.count))
            case .folder: .success(4096)
            case nil: .success(nil)
            }
        }
    }

    package func syncDirectory(_ path: String) throws(FileError) {
        let fault = try enter(.syncDirectory, path)
        try state.withLock { state -> Result<Void, FileError> in
            guard state.openFiles < state.descriptorLimit else { return .failure(.tooManyOpen) }
            guard let folder = state.folder(at: path) else { return .failure(.notFound(path: path)) }
            if fault != .lie, !state.syncsLie { state.folders[folder].sync() }
            return .success(())
        }.get()
    }

    package func fileSystem(holding folder: String) throws(FileError) -> (any FileSystem)? {
        let seen = try run(.open, folder) { state -> Result<Int?, FileError> in
            guard state.supportsSyncFileSystem else { return .success(nil) }
            guard state.openFiles < state.descriptorLimit else { return .failure(.tooManyOpen) }
            guard state.folder(at: folder) != nil else { return .failure(.notFound(path: folder)) }
            state.openFiles += 1
            return .success(state.heardFailures)
        }
        return seen.map { SimulatedFileSystem(disk: self, path: folder, seen: $0) }
    }

    package func freeBytes(holding path: String) throws(FileError) -> Int64 {
        try run(.size, path) { state in .success(Int64(max(0, state.capacity - state.used))) }
    }
}
