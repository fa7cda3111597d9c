import CSQLite
package import Seams
import Synchronization

/// A database file that one connection uses and nobody else sees: the target of a compaction, or one that came from outside. It
/// has no log; its journal is a temporary file, since what a crash leaves of it counts for nothing.
package final class ScratchFile: Sendable {
    package let path: String
    let name: String
    private let file: any File
    private let end: Atomic<Int64>
    private let failure = Mutex<FileError?>(nil)
    /// Asked before each read, since SQLite's checks of a whole file look at nothing else for long, and after each sync.
    private let mayGoOn: @Sendable () -> Bool
    /// Bytes written since the last sync.
    private let unsynced = Atomic<Int64>(0)

    /// Bytes written between two syncs, so that whoever else syncs the file system, or its own last sync, never has to wait for
    /// more of it to be written.
    static let pace: Int64 = 16 << 20

    init(
        path: String, name: String, file: any File, size: Int64 = 0,
        while mayGoOn: @escaping @Sendable () -> Bool = { true }
    ) {
        self.path = path
        self.name = name
        self.file = file
        self.mayGoOn = mayGoOn
        end = Atomic(size)
    }

    deinit { file.close() }

    /// What the disk said, where SQLite only knows that something failed.
    package var error: FileError? { failure.withLock { $0 } }
    package var byteCount: Int64 { end.load(ordering: .relaxed) }

    /// Makes the content what our VFS opens (format versions 2, for databases with a log) and durable under whatever name
    /// the file has.
    package func finish() throws(FileError) {
        try file.writeBytes([2, 2], at: 18)
        try file.sync()
    }

    /// The opposite, without a sync: a connection may open it again.
    package func reopen() throws(FileError) { try file.writeBytes([1, 1], at: 18) }

    // MARK: For SQLite

    func read(into target: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int32 {
        guard mayGoOn() else { return SQLITE_IOERR_READ_CODE }
        do throws(FileError) {
            let count = try file.read(into: target, at: offset)
            guard count < target.count else { return SQLITE_OK }
            UnsafeMutableRawBufferPointer(rebasing: target[count...]).initializeMemory(as: UInt8.self, repeating: 0)
            return SQLITE_IOERR_SHORT_READ_CODE
        } catch {
            return note(error, SQLITE_IOERR_READ_CODE)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        do throws(FileError) {
            try file.write(bytes, at: offset)
            end.max(offset + Int64(bytes.count), ordering: .relaxed)
            guard unsynced.add(Int64(bytes.count), ordering: .relaxed).newValue >= Self.pace else { return SQLITE_OK }
            unsynced.store(0, ordering: .relaxed)
            try file.sync()
            return mayGoOn() ? SQLITE_OK : SQLITE_INTERRUPT
        } catch {
            return note(error, error.writeCode)
        }
    }

    func truncate(to size: Int64) -> Int32 {
        do throws(FileError) {
            try file.truncate(to: size)
            end.store(size, ordering: .relaxed)
            return SQLITE_OK
        } catch {
            return note(error, SQLITE_IOERR_TRUNCATE_CODE)
        }
    }

    private func note(_ error: FileError, _ code: Int32) -> Int32 {
        failure.withLock { $0 = error }
        return code
    }
}

extension File {
    fileprivate func writeBytes(_ bytes: [UInt8], at offset: Int64) throws(FileError) {
        let result: Result<Void, FileError> = bytes.withUnsafeBytes { raw in
            do throws(FileError) { return .success(try write(raw, at: offset)) } catch { return .failure(error) }
        }
        try result.get()
    }
}
