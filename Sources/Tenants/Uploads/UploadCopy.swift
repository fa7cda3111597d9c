import CSQLite
import SQLiteKit
import Seams
import Vocabulary

/// Makes a file of ours from one that came from outside: looks at it, and writes its content anew, statement by statement, with
/// pages of 4096 bytes, in UTF-8, in the format of databases with a log. On an uploader's thread; page caches bound its memory.
struct UploadCopy {
    let engine: TenantEngine
    let tenant: TenantID
    /// The file as it came.
    let path: String
    let byteCount: Int64
    let watch: UploadWatch
    private let memory: MemoryAccount
    /// Sorts for indexes may need as much as the file has.
    private let temporary: TempAccount

    init(_ engine: TenantEngine, _ tenant: TenantID, path: String, byteCount: Int64, watch: UploadWatch) {
        self.engine = engine
        self.tenant = tenant
        self.path = path
        self.byteCount = byteCount
        self.watch = watch
        memory = MemoryAccount(limitBytes: engine.settings.sqlMemoryPerTenant, budget: engine.context.memory)
        temporary = TempAccount(limit: max(engine.settings.temporaryBytes, byteCount))
    }

    /// - Returns: the new file, aside, with its content synced.
    /// - Throws: `UploadFailure`; nothing is left of the new file then.
    func make() throws(UploadFailure) -> UploadedDatabase {
        let header = try readHeader()
        let generation = try newGeneration()
        let aside = "\(engine.layout.temporary)/\(tenant).\(generation).upload"
        let target = try onDisk { () throws(FileError) in try engine.context.vfs.makeScratch(path: aside) }
        let made = UploadedDatabase(
            engine, tenant, generation, target, atMost: engine.settings.databasePages)
        do throws(UploadFailure) {
            try rewrite(header, into: target)
            try made.finish(watch)
            return made
        } catch {
            made.discard()
            throw error
        }
    }

    private func newGeneration() throws(UploadFailure) -> Generation {
        do throws(TenantsError) { return try engine.nextGeneration() } catch { throw .engine(error) }
    }

    /// Says of itself what no connection of ours would bear, and goes without its log: what is in the file is all there is.
    private func readHeader() throws(UploadFailure) -> UploadHeader {
        let bytes = try onDisk { () throws(FileError) in
            let file = try engine.files.open(path, .update)
            defer { file.close() }
            var bytes = [UInt8](repeating: 0, count: UploadHeader.length)
            let count = try bytes.withUnsafeMutableBytesTyped { raw throws(FileError) in
                try file.read(into: raw, at: 0)
            }
            if count == bytes.count {
                try [UInt8]([1, 1]).withUnsafeBytesTyped { raw throws(FileError) in try file.write(raw, at: 18) }
            }
            return Array(bytes.prefix(count))
        }
        return try UploadHeader(bytes, size: byteCount)
    }

    // MARK: SQL

    private func rewrite(_ header: UploadHeader, into target: ScratchFile) throws(UploadFailure) {
        let source = try onDisk { () throws(FileError) in
            try engine.context.vfs.openScratch(path: path) { [watch] in watch.mayRead() }
        }
        defer { engine.context.vfs.forget(source) }
        do throws(UploadFailure) {
            let connection = try onSQL { () throws(SQLiteError) in
                try connect(source, mayAttach: header.encoding == .utf8)
            }
            try UploadInspection(connection: connection).run()
            try onSQL { () throws(SQLiteError) in try rewrite(header.encoding, connection, into: target) }
        } catch {
            // What SQLite says is what came of it.
            if let stop = watch.stop { throw .engine(stop) }
            if let disk = source.error ?? target.error { throw .engine(disk.asTenantsError) }
            throw error
        }
    }

    private func rewrite(
        _ encoding: UploadHeader.Encoding, _ source: Connection, into target: ScratchFile
    ) throws(SQLiteError) {
        // Keys and claims of another tenant, or of this one at another time; nobody here was answered under them.
        for table in ServerTables.all { try source.execute("DROP TABLE IF EXISTS \(table)") }
        switch encoding {
        case .utf8:
            try source.execute("PRAGMA page_size=4096")
            try source.compact(into: target)
        case .utf16: try EncodingCopy(source: source, target: try connect(target, mayAttach: false)).run()
        }
    }

    private func connect(_ scratch: ScratchFile, mayAttach: Bool) throws(SQLiteError) -> Connection {
        try engine.foreignConnection(scratch, temporary: temporary, mayAttach: mayAttach, memory: memory, watch)
    }
}

/// Both kinds of failure below, in this folder's words.
func onDisk<T>(_ body: () throws(FileError) -> T) throws(UploadFailure) -> T {
    do throws(FileError) { return try body() } catch { throw .engine(error.asTenantsError) }
}

func onSQL<T>(_ body: () throws(SQLiteError) -> T) throws(UploadFailure) -> T {
    do throws(SQLiteError) { return try body() } catch { throw UploadFailure(content: error) }
}
