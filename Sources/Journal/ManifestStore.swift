import Seams
import Synchronization
import Vocabulary

/// Keeps the manifest's file: every change is written aside, synced, renamed over the old one, and the folder synced.
///
/// After a failed write either the old or the new content is there. Both are true, since a caller makes a change only
/// when what it says has been synced before; so a failed write changes nothing that anybody relies on.
final class ManifestStore: Sendable {
    private let files: any Files
    private let directory: String
    private let turn = Turn()
    private let value: Mutex<Manifest>

    init(files: any Files, directory: String, manifest: Manifest) {
        self.files = files
        self.directory = directory
        value = Mutex(manifest)
    }

    static func path(in directory: String) -> String { directory + "/manifest" }

    var current: Manifest { value.withLock { $0 } }

    /// - Returns: nil if there is no manifest.
    static func read(files: any Files, directory: String) throws(JournalError) -> Manifest? {
        let bytes: [UInt8]
        do throws(FileError) {
            guard let found = try files.contents(of: path(in: directory), atMost: 64 * 1024) else { return nil }
            bytes = found
        } catch {
            throw .disk(error)
        }
        return try Manifest(decoding: bytes)
    }

    /// Changes the manifest and waits until it is durable. Changes of several threads follow one another.
    func update(_ change: (inout Manifest) -> Void) throws(FileError) {
        try turn.take { () throws(FileError) in
            var next = current
            change(&next)
            try write(next)
            value.withLock { $0 = next }
        }
    }

    private func write(_ manifest: Manifest) throws(FileError) {
        let path = Self.path(in: directory)
        let aside = path + ".new"
        let file = try files.open(aside, .create)
        defer { file.close() }
        let bytes = manifest.encoded()
        let written: Result<Void, FileError> = bytes.withUnsafeBytes { buffer in
            do throws(FileError) { return .success(try file.write(buffer, at: 0)) } catch { return .failure(error) }
        }
        try written.get()
        try file.truncate(to: Int64(bytes.count))
        try file.sync()
        try files.rename(aside, to: path)
        try files.syncDirectory(directory)
    }
}

extension Files {
    /// The bytes of a small file, or nil where there is none.
    func contents(of path: String, atMost limit: Int) throws(FileError) -> [UInt8]? {
        guard let size = try size(of: path) else { return nil }
        let file = try open(path, .read)
        defer { file.close() }
        var bytes = [UInt8](repeating: 0, count: min(Int(size), limit))
        let count: Result<Int, FileError> = bytes.withUnsafeMutableBytes { buffer in
            do throws(FileError) { return .success(try file.read(into: buffer, at: 0)) } catch {
                return .failure(error)
            }
        }
        bytes.removeLast(bytes.count - (try count.get()))
        return bytes
    }
}
