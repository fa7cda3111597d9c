import CSQLite
import SQLiteKit
import Seams

/// As many plain database files as there are tenants, each with the same table, in WAL mode.
package struct PeerFiles: Sendable {
    let directory: String
    let count: Int

    /// Makes one and copies it. Nothing is synced: the files are thrown away.
    package static func prepare(
        _ directory: String, count: Int, until stop: StopFlag
    ) throws(BenchmarkError) -> PeerFiles {
        // The library is configured once per process; whoever opens the first database must have done it.
        SQLiteRuntime.start()
        let made = PeerFiles(directory: directory, count: count)
        let files = PosixFiles()
        do throws(FileError) {
            try files.makeDirectory(directory)
        } catch {
            throw .storage(error.description)
        }
        let bytes = try model(directory + "/model.sqlite")
        for index in 0..<count {
            if stop.isSet { throw .interrupted }
            do throws(FileError) {
                let file = try files.open(made.path(index), .createNew)
                defer { file.close() }
                try write(bytes, to: file)
            } catch {
                throw .storage(error.description)
            }
        }
        return made
    }

    func path(_ index: Int) -> String { "\(directory)/\(index).sqlite" }

    private static func write(_ bytes: [UInt8], to file: any File) throws(FileError) {
        let result: Result<Void, FileError> = bytes.withUnsafeBytes { raw in
            do throws(FileError) { return .success(try file.write(raw, at: 0)) } catch { return .failure(error) }
        }
        try result.get()
    }

    private static func model(_ path: String) throws(BenchmarkError) -> [UInt8] {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &handle, flags, "unix")
        defer { sqlite3_close_v2(handle) }
        guard code == SQLITE_OK, let handle else { throw .sqlite("\(path) cannot be made (code \(code))") }
        let script =
            "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; \(WorkTable.schema) PRAGMA wal_checkpoint(TRUNCATE)"
        guard sqlite3_exec(handle, script, nil, nil, nil) == SQLITE_OK else {
            throw .sqlite(String(cString: sqlite3_errmsg(handle)))
        }
        let bytes = ProcText.bytes(path)
        guard let bytes, bytes.count >= 8192, bytes[18] == 2 else { throw .sqlite("\(path) is not in WAL mode") }
        return bytes
    }
}
