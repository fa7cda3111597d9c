/// The file system, as everything below the doors sees it: databases (through the VFS), the journal, manifests, templates.
///
/// The real one is `PosixFiles`; tests put a simulated disk behind it that fails, tears, delays or drops the Nth call
/// and forgets what was not synced. Paths are absolute. Calls block; they are made on lanes and service threads only.
package protocol Files: Sendable {
    /// - Throws: `FileError.notFound`, `.exists`, `.failed`.
    func open(_ path: String, _ mode: FileMode) throws(FileError) -> any File
    func remove(_ path: String) throws(FileError)
    /// Replaces `to` if it is there. Durable after `syncDirectory` of both folders.
    func rename(_ from: String, to: String) throws(FileError)
    /// Makes the folder and its missing parents; no error if it is there.
    func makeDirectory(_ path: String) throws(FileError)
    /// Names (not paths) in a folder, sorted; no order is promised by the system, so it is made here.
    func list(_ directory: String) throws(FileError) -> [String]
    /// Bytes, or nil where there is no such file.
    func size(of path: String) throws(FileError) -> Int64?
    /// Makes names made, renamed or removed in the folder durable.
    func syncDirectory(_ path: String) throws(FileError)
    /// Opens the file system that holds the folder, so that all of it can be synced at once.
    ///
    /// - Returns: nil where such a sync would not report every write error; then sync each file.
    func fileSystem(holding folder: String) throws(FileError) -> (any FileSystem)?
    /// Bytes that this process may still write to the file system that holds `path`.
    func freeBytes(holding path: String) throws(FileError) -> Int64
}

package enum FileMode: Sendable {
    /// Read only; the file must be there.
    case read
    /// Read and write; the file must be there.
    case update
    /// Read and write; made if missing.
    case create
    /// Read and write; must not be there yet.
    case createNew
}

/// An open file. Different threads may read and write at once; `close` is called once, after all else.
package protocol File: AnyObject, Sendable {
    /// Reads up to the buffer's size; fewer bytes only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int
    /// Writes all bytes or throws.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError)
    /// Writes the buffers one behind the other with as few system calls as it takes, all bytes or throws.
    func write(vector: [UnsafeRawBufferPointer], at offset: Int64) throws(FileError)
    func truncate(to size: Int64) throws(FileError)
    /// `fdatasync`: after it, all bytes written before are durable. A failure is final for those bytes (rule J6).
    func sync() throws(FileError)
    func size() throws(FileError) -> Int64
    func close()
}

package enum FileError: Error, Equatable, Sendable, CustomStringConvertible {
    case notFound(path: String)
    case exists(path: String)
    /// No room on the device or in the quota.
    case full(path: String)
    /// The descriptor limit of the process or the system.
    case tooManyOpen
    case failed(operation: String, path: String, errno: Int32)

    package var description: String {
        switch self {
        case .notFound(let path): "there is no file \(path)"
        case .exists(let path): "\(path) is already there"
        case .full(let path): "no room left on the disk for \(path)"
        case .tooManyOpen: "the process has too many files open; raise its descriptor limit"
        case .failed(let operation, let path, let code):
            "\(operation) of \(path) failed" + (code == 0 ? "" : ": \(SystemErrorText.words(code))")
        }
    }
}
