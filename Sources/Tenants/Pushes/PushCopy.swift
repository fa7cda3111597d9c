import SQLiteKit
import Seams
import Vocabulary

/// Makes the file that a tenant goes on with after a push: the state that the replica stood on, from the history's own files, and
/// the pushed pages over it; then looks at it as at a file that came from outside. On an uploader's thread.
///
/// Pages keep their numbers, so that what other replicas are sent of the push is the push. No row is run through SQL.
struct PushCopy {
    let engine: TenantEngine
    /// Nobody changes it meanwhile: whoever has the tenant's turn waits for this.
    let ledger: ReplicaLedger
    let pushed: PushedFile
    /// Which of the pushed frames, from 0.
    let range: Range<UInt32>
    /// What the file's schema is to count as: another than any connection knows.
    let schemaVersion: UInt32
    /// Of the tenant as it is.
    let tenantPages: UInt32
    /// That the tenant has with it.
    let txid: TxID
    let watch: UploadWatch

    private var tenant: TenantID { ledger.tenant }

    /// - Returns: the new file, aside, with its content synced.
    /// - Throws: `PushFailure`; nothing is left of the file then.
    func make() throws(PushFailure) -> UploadedDatabase {
        let pageCount = try measure()
        let share = try content { () throws(UploadFailure) in try takeRoom(for: pageCount) }
        defer { share.noteWritten() }
        return try write(pageCount)
    }

    private func content<T>(_ body: () throws(UploadFailure) -> T) throws(PushFailure) -> T {
        do throws(UploadFailure) { return try body() } catch { throw .content(error) }
    }

    // MARK: Bounds

    /// How large it gets at most on the way, before anything is written.
    private func measure() throws(PushFailure) -> UInt32 {
        var measure = PushMeasure(size: UInt32(ledger.hashes.count))
        do throws(FileError) {
            try pushed.forEach(range, engine.files) { (frame) throws(FileError) in
                measure.add(page: frame.page, size: frame.size)
            }
        } catch {
            throw .content(.engine(error.asTenantsError))
        }
        try measure.check(most: UInt32(clamping: engine.settings.transactionBytes / PageHash.pageSize))
        guard mostPages == 0 || measure.largest <= mostPages else { throw .content(.quotaExceeded) }
        return measure.largest
    }

    /// What is larger than a tenant may be, since the bound is newer, may stay so and become smaller.
    private var mostPages: UInt32 {
        let quota = engine.settings.databasePages
        return quota == 0 ? 0 : max(quota, UInt32(ledger.hashes.count), tenantPages)
    }

    private func takeRoom(for pageCount: UInt32) throws(UploadFailure) -> SnapshotSpace.Share {
        try onDisk { () throws(FileError) in
            let free = try engine.files.freeBytes(holding: engine.layout.temporary)
            let bytes = Int64(pageCount) * Int64(PageHash.pageSize)
            guard let share = engine.snapshotSpace.take(bytes, free: free, isKept: false) else {
                throw FileError.full(path: engine.layout.temporary)
            }
            return share
        }
    }

    // MARK: The file

    /// - Parameter pageCount: that it has at most on the way.
    private func write(_ pageCount: UInt32) throws(PushFailure) -> UploadedDatabase {
        let generation = try content { () throws(UploadFailure) in
            do throws(TenantsError) { return try engine.nextGeneration() } catch { throw .engine(error) }
        }
        let aside = "\(engine.layout.temporary)/\(tenant).\(generation).push"
        do throws(PushFailure) {
            try writePages(aside, pageCount)
            return try content { () throws(UploadFailure) in try finish(aside, generation) }
        } catch {
            try? engine.files.remove(aside)
            throw error
        }
    }

    private func finish(_ path: String, _ generation: Generation) throws(UploadFailure) -> UploadedDatabase {
        let scratch = try onDisk { () throws(FileError) in
            try engine.context.vfs.openScratch(path: path) { [watch] in watch.mayRead() }
        }
        let made = UploadedDatabase(engine, tenant, generation, scratch, atMost: mostPages)
        try inspect(scratch)
        try made.finish(watch)
        return made
    }

    private func writePages(_ path: String, _ pageCount: UInt32) throws(PushFailure) {
        let file = try content { () throws(UploadFailure) in
            try onDisk { () throws(FileError) in try PacedFile(engine.files, path, atMost: pageCount) }
        }
        defer { file.close() }
        let damaged = try content { () throws(UploadFailure) in try unroll(file) }
        if let damaged { throw .historyDamaged(page: damaged) }
        try content { () throws(UploadFailure) in try dress(file, try put(file)) }
    }

    private func put(_ file: PacedFile) throws(UploadFailure) -> PushMark {
        var proof = PushProof(generation: pushed.generation, first: pushed.first + range.lowerBound)
        try onDisk { () throws(FileError) in
            try pushed.forEach(range, engine.files) { (frame) throws(FileError) in
                proof.add(page: frame.page, size: frame.size, hash: frame.hash)
                try file.put(frame.content, page: frame.page, size: frame.size)
            }
        }
        return PushMark(
            first: pushed.first + range.lowerBound, count: proof.count, txid: txid, proof: proof.value)
    }

    /// What the replica stood on, page for page.
    ///
    /// - Returns: the first page that is damaged.
    private func unroll(_ file: PacedFile) throws(UploadFailure) -> UInt32? {
        var unrolling = ReplicaUnrolling(ledger)
        while try !onDisk({ () throws(FileError) in try unrolling.step(to: file) }) { try watch.check() }
        return unrolling.damaged
    }

    /// Makes the first page, which replicas have as it is, the server's: it names no log, counts the schema anew, and remembers the push.
    private func dress(_ file: PacedFile, _ mark: PushMark) throws(UploadFailure) {
        let (size, own) = try onDisk { () throws(FileError) in (try file.size(), try file.read(20, at: 0)) }
        guard own[18] == 2, own[19] == 2 else { throw .refused("its format is not that of databases with a log") }
        let bytes = try onDisk { () throws(FileError) in
            try file.write([1, 1], at: 18)
            try file.write(withUnsafeBytes(of: schemaVersion.bigEndian) { Array($0) }, at: 40)
            try file.write(mark.encoded, at: Int64(PushMark.offset))
            return try file.read(UploadHeader.length, at: 0)
        }
        let header = try UploadHeader(bytes, size: size)
        guard header.pageSize == PageHash.pageSize, bytes[20] == 0 else {
            throw .refused("its pages have other than 4096 bytes, or keep some back")
        }
        guard header.encoding == .utf8 else { throw .refused("its text is not UTF-8") }
    }

    // MARK: SQL

    private func inspect(_ scratch: ScratchFile) throws(UploadFailure) {
        do throws(UploadFailure) {
            let bound = max(engine.settings.temporaryBytes, scratch.byteCount)
            let connection = try onSQL { () throws(SQLiteError) in
                try engine.foreignConnection(scratch, temporary: TempAccount(limit: bound), watch)
            }
            try UploadInspection(connection: connection, mayHoldAnswers: false).run()
        } catch {
            // What SQLite says is what came of it.
            if let stop = watch.stop { throw .engine(stop) }
            if let disk = scratch.error { throw .engine(disk.asTenantsError) }
            throw error
        }
    }
}

extension TenantEngine {
    /// A fresh connection to a file that came from outside, in bounded memory.
    func foreignConnection(
        _ scratch: ScratchFile, temporary: TempAccount, mayAttach: Bool = false, memory: MemoryAccount? = nil,
        _ watch: UploadWatch
    ) throws(SQLiteError) -> Connection {
        var options = Connection.Options(cachePages: settings.cachePages, maximumValueBytes: settings.valueBytes)
        options.mayAttach = mayAttach
        let account = memory ?? MemoryAccount(limitBytes: settings.sqlMemoryPerTenant, budget: context.memory)
        let connection = try Connection(
            vfs: context.vfs, scratch: scratch, temporary: temporary, memory: account, options: options)
        connection.observeProgress(every: UploadWatch.stepsBetweenLooks, watch)
        return connection
    }
}
