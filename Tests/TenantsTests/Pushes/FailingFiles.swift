import Seams
import Synchronization

/// The real files, of which some cannot be written while a test says so.
final class FailingFiles: Files {
    private let base: any Files = PosixFiles()
    /// Endings of names.
    private let failing = Mutex<[String]>([])

    func fail(_ endings: String...) { failing.withLock { $0 = endings } }

    private let end = Atomic<Int64>(0)
    /// The largest offset that anything was written before.
    var largestEnd: Int64 { end.load(ordering: .relaxed) }
    fileprivate func note(_ written: Int64) { end.max(written, ordering: .relaxed) }

    fileprivate func check(_ path: String) throws(FileError) {
        let fails = failing.withLock { $0.contains { path.hasSuffix($0) } } || isDead(path)
        if fails { throw .failed(operation: "write", path: path, errno: 5) }
    }

    private struct Countdown {
        var folder = ""
        var left = Int.max
    }
    private let countdown = Mutex(Countdown())

    /// After so many calls that change something in a folder of this name, nothing does any more.
    func die(after calls: Int, in folder: String) { countdown.withLock { $0 = Countdown(folder: folder, left: calls) } }

    /// - Returns: whether it had come to that.
    func revive() -> Bool {
        countdown.withLock { countdown in
            defer { countdown = Countdown() }
            return countdown.left <= 0
        }
    }

    private func isDead(_ path: String) -> Bool {
        countdown.withLock { countdown in
            guard !countdown.folder.isEmpty, path.contains(countdown.folder) else { return false }
            countdown.left -= 1
            return countdown.left <= 0
        }
    }

    func open(_ path: String, _ mode: FileMode) throws(FileError) -> any File {
        if mode == .create { try check(path) }
        return FailingFile(try base.open(path, mode), path, self)
    }
    func remove(_ path: String) throws(FileError) {
        if isDead(path) { throw .failed(operation: "remove", path: path, errno: 5) }
        try base.remove(path)
    }
    func rename(_ from: String, to: String) throws(FileError) {
        if isDead(to) { throw .failed(operation: "rename", path: to, errno: 5) }
        try base.rename(from, to: to)
    }
    func makeDirectory(_ path: String) throws(FileError) { try base.makeDirectory(path) }
    func list(_ directory: String) throws(FileError) -> [String] { try base.list(directory) }
    func size(of path: String) throws(FileError) -> Int64? { try base.size(of: path) }
    func syncDirectory(_ path: String) throws(FileError) {
        if isDead(path) { throw .failed(operation: "sync", path: path, errno: 5) }
        try base.syncDirectory(path)
    }
    func fileSystem(holding folder: String) throws(FileError) -> (any FileSystem)? {
        try base.fileSystem(holding: folder)
    }
    func freeBytes(holding path: String) throws(FileError) -> Int64 { try base.freeBytes(holding: path) }
}

private final class FailingFile: File {
    private let base: any File
    private let path: String
    private let files: FailingFiles

    init(_ base: any File, _ path: String, _ files: FailingFiles) {
        self.base = base
        self.path = path
        self.files = files
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
        try base.read(into: buffer, at: offset)
    }
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
        try files.check(path)
        try base.write(bytes, at: offset)
        files.note(offset + Int64(bytes.count))
    }
    func write(vector: [UnsafeRawBufferPointer], at offset: Int64) throws(FileError) {
        try files.check(path)
        try base.write(vector: vector, at: offset)
    }
    func truncate(to size: Int64) throws(FileError) {
        try files.check(path)
        try base.truncate(to: size)
    }
    func sync() throws(FileError) {
        try files.check(path)
        try base.sync()
    }
    func size() throws(FileError) -> Int64 { try base.size() }
    func close() { base.close() }
}
