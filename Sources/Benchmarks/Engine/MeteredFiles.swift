import Seams
import Synchronization

/// The real file system with a meter on the journal's files: how often they are synced and what is written to them.
///
/// Other files pass straight through, so that the meter costs databases one call at their opening.
final class MeteredFiles: Files {
    private let base = PosixFiles()
    /// Paths below it are counted.
    private let folder: String
    let meter = LogMeter()

    init(counting folder: String) { self.folder = folder + "/" }

    func open(_ path: String, _ mode: FileMode) throws(FileError) -> any File {
        let file = try base.open(path, mode)
        return path.hasPrefix(folder) ? MeteredFile(file, meter) : file
    }

    func remove(_ path: String) throws(FileError) { try base.remove(path) }
    func rename(_ from: String, to: String) throws(FileError) { try base.rename(from, to: to) }
    func makeDirectory(_ path: String) throws(FileError) { try base.makeDirectory(path) }
    func list(_ directory: String) throws(FileError) -> [String] { try base.list(directory) }
    func size(of path: String) throws(FileError) -> Int64? { try base.size(of: path) }
    func syncDirectory(_ path: String) throws(FileError) { try base.syncDirectory(path) }
    func fileSystem(holding folder: String) throws(FileError) -> (any FileSystem)? {
        try base.fileSystem(holding: folder)
    }
    func freeBytes(holding path: String) throws(FileError) -> Int64 { try base.freeBytes(holding: path) }
}

/// Counts since the start.
final class LogMeter: Sendable {
    private let syncCount = Atomic<Int>(0)
    private let byteCount = Atomic<Int64>(0)

    var syncs: Int { syncCount.load(ordering: .relaxed) }
    var bytes: Int64 { byteCount.load(ordering: .relaxed) }

    fileprivate func noteSync() { syncCount.add(1, ordering: .relaxed) }
    fileprivate func noteWrite(_ count: Int) { byteCount.add(Int64(count), ordering: .relaxed) }
}

private final class MeteredFile: File {
    private let base: any File
    private let meter: LogMeter

    init(_ base: any File, _ meter: LogMeter) {
        self.base = base
        self.meter = meter
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
        try base.read(into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
        meter.noteWrite(bytes.count)
        try base.write(bytes, at: offset)
    }

    func write(vector: [UnsafeRawBufferPointer], at offset: Int64) throws(FileError) {
        meter.noteWrite(vector.reduce(0) { $0 + $1.count })
        try base.write(vector: vector, at: offset)
    }

    func truncate(to size: Int64) throws(FileError) { try base.truncate(to: size) }

    func sync() throws(FileError) {
        meter.noteSync()
        try base.sync()
    }

    func size() throws(FileError) -> Int64 { try base.size() }
    func close() { base.close() }
}
