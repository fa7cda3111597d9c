import Seams
import Vocabulary

/// A new file that is written page by page, and synced now and then, so that no checkpoint, which syncs the file system, has to
/// write more of it than that.
final class PacedFile {
    private static let pace = 16 << 20

    private let file: any File
    private let pages: UInt32
    private var unsynced = 0
    /// Where the file ends.
    private var end: Int64 = 0

    /// - Parameter pages: no page beyond these is put: it is none of the database at the end, whatever number it has.
    /// - Throws: also where there is such a file.
    init(_ files: any Files, _ path: String, atMost pages: UInt32) throws(FileError) {
        self.pages = pages
        file = try files.open(path, .createNew)
    }

    func close() { file.close() }

    func sync() throws(FileError) { try file.sync() }

    func size() throws(FileError) -> Int64 { try file.size() }

    func write(_ bytes: [UInt8], at offset: Int64) throws(FileError) {
        try bytes.withUnsafeBytesTyped { raw throws(FileError) in try write(raw, at: offset) }
    }

    /// One page, and where it ends a commit the size that the database has then.
    func put(_ content: UnsafeRawBufferPointer, page: UInt32, size: UInt32) throws(FileError) {
        // Of a commit that SQLite wrote in parts, it may have cut pages off before its end.
        if page <= pages { try write(content, at: Int64(page - 1) * Int64(PageHash.pageSize)) }
        let wanted = Int64(size) * Int64(PageHash.pageSize)
        guard size > 0, wanted != end else { return }
        try file.truncate(to: wanted)
        end = wanted
    }

    /// - Throws: also where the file is shorter.
    func read(_ count: Int, at offset: Int64) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try bytes.withUnsafeMutableBytesTyped { raw throws(FileError) in try file.read(into: raw, at: offset)
        }
        guard read == count else {
            throw .failed(operation: "read of \(count) bytes at \(offset)", path: "a new file", errno: 0)
        }
        return bytes
    }

    private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
        try file.write(bytes, at: offset)
        end = max(end, offset + Int64(bytes.count))
        unsynced += bytes.count
        guard unsynced >= Self.pace else { return }
        unsynced = 0
        try file.sync()
    }
}
