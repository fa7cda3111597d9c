import Seams
import Synchronization
package import Vocabulary

/// The copy of a tenant that another node is sending: a file aside, under a generation of this node. Nothing is served
/// from it before it is adopted, and nobody knows it but its manifest.
///
/// Used by one task at a time.
package final class TenantArrival: Sendable {
    package let tenant: TenantID
    /// As the source says it is; the generation is this node's. Of a copy that is followed only the generation counts.
    package let expected: TenantState
    let path: String
    let engine: TenantEngine
    private let file: any File
    private let written = Atomic<Int64>(0)
    /// Of a copy whose base is whole and that goes on to be brought up to date.
    private let followed = Mutex<FollowedCopy?>(nil)
    /// What was read back of a base so far.
    private let readBack = Mutex(FileChecksum())
    private let isFollowed: Bool
    /// Bytes.
    private static let syncEvery: Int64 = 32 << 20

    init(
        tenant: TenantID, expected: TenantState, isFollowed: Bool, path: String, file: any File, engine: TenantEngine
    ) {
        self.tenant = tenant
        self.expected = expected
        self.isFollowed = isFollowed
        self.path = path
        self.file = file
        self.engine = engine
    }

    deinit { file.close() }

    package var byteCount: Int64 { Int64(expected.pageCount) * Int64(PageHash.pageSize) }
    package var receivedBytes: Int64 { written.load(ordering: .relaxed) }

    /// Puts the bytes behind the others.
    ///
    /// - Throws: `ArrivalFailure.wrongSize` beyond the announced size; `TenantsError.diskFull`, `.storage`.
    package func append(_ bytes: [UInt8]) async throws {
        let offset = receivedBytes
        guard Int64(bytes.count) <= byteCount - offset else { throw ArrivalFailure.wrongSize }
        let (file, end) = (file, offset + Int64(bytes.count))
        let isLong = end / Self.syncEvery > offset / Self.syncEvery
        try await onDisk { () throws(FileError) in
            try bytes.withUnsafeBytesTyped { raw throws(FileError) in try file.write(raw, at: offset) }
            // Now and then, so that the last sync is no long one.
            if isLong { try file.sync() }
        }
        written.store(end, ordering: .relaxed)
        if isLong, isFollowed { try await readOn() }
    }

    /// Reads the next slice back, where all of it has come; so that at the end little is left to be read.
    private func readOn() async throws {
        let before = readBack.withLock { $0 }
        guard (Int64(before.pageCount) + Int64(FileChecksum.slicePages)) * Int64(PageHash.pageSize) <= receivedBytes
        else { return }
        let (path, files) = (path, engine.files)
        let after = try await onDisk { () throws(FileError) in
            var sum = before
            _ = try sum.readOn(path, files)
            return sum
        }
        readBack.withLock { $0 = after }
    }

    /// Makes the file and its name durable.
    ///
    /// - Throws: `ArrivalFailure` where bytes are missing or it is no database of ours; `TenantsError`.
    package func sync() async throws {
        guard receivedBytes == byteCount else { throw ArrivalFailure.wrongSize }
        let (file, files, folder) = (file, engine.files, engine.layout.arrivals)
        let isDatabase = try await onDisk { () throws(FileError) in
            guard try DatabaseHeader.isOurs(file) else { return false }
            try file.sync()
            try files.syncDirectory(folder)
            return true
        }
        guard isDatabase else { throw ArrivalFailure.noDatabase }
    }

    private func onDisk<Value: Sendable>(
        _ body: @escaping @Sendable () throws(FileError) -> Value
    ) async throws -> Value {
        try await engine.copier.run { () throws(TenantsError) in
            do throws(FileError) { return try body() } catch { throw error.asTenantsError }
        }
    }

    /// Reads every page back and computes the checksum.
    ///
    /// - Returns: what was announced, with the checksum of what is there.
    /// - Throws: `TenantsError`.
    package func verify() async throws -> TenantState {
        let found = try await FileChecksum.of(path, engine.files, on: engine.copier)
        var state = expected
        state.pageCount = found.pageCount
        state.checksum = found.checksum
        return state
    }
}

// MARK: A copy that is brought up to date

extension TenantArrival {
    /// Every piece of the base is here, as the source's file was while others wrote: pages that follow put it right. Makes it
    /// durable and reads it back.
    ///
    /// - Throws: `ArrivalFailure.wrongSize`; `TenantsError`.
    package func beginFollowing() async throws {
        guard receivedBytes == byteCount else { throw ArrivalFailure.wrongSize }
        let (file, files, folder) = (file, engine.files, engine.layout.arrivals)
        try await onDisk { () throws(FileError) in
            try file.sync()
            try files.syncDirectory(folder)
        }
        let found = try await FileChecksum.of(
            path, engine.files, on: engine.copier, after: readBack.withLock { $0 })
        followed.withLock { $0 = FollowedCopy(file, found) }
    }

    /// Puts pages over those that are here, or behind them; one without pages makes durable what came before. Repeating a
    /// batch, before the next one, is harmless.
    ///
    /// - Throws: `ArrivalFailure.wrongSize` where no base is here; `TenantsError.diskFull`, `.storage`.
    package func put(_ batch: PageBatch) async throws {
        try await change { [files = engine.files, folder = engine.layout.arrivals] (copy) throws(FileError) in
            let more = Int64(batch.pageCount) - Int64(copy.pageCount)
            if more > 0, try files.freeBytes(holding: folder) <= more * Int64(PageHash.pageSize) {
                throw FileError.full(path: folder)
            }
            try copy.put(batch)
            if batch.count == 0 || copy.unsyncedBytes >= Self.syncEvery { try copy.sync() }
        }
    }

    /// The last batch has come: cuts the file to its size, and makes it durable.
    ///
    /// - Parameter state: as the source froze it.
    /// - Returns: that, with the checksum of what is here and under this node's generation.
    /// - Throws: `ArrivalFailure.noDatabase`, `.wrongSize` where pages or the base are missing; `TenantsError`.
    package func seal(_ state: TenantState) async throws -> TenantState {
        guard let pages = followed.withLock({ $0?.pageCount }), state.pageCount <= pages else {
            throw ArrivalFailure.wrongSize
        }
        let file = file
        let copy = try await change { (copy) throws(FileError) in
            try copy.resize(to: state.pageCount)
            try copy.sync()
            copy.isDatabase = try DatabaseHeader.isOurs(file)
        }
        guard copy.isDatabase else { throw ArrivalFailure.noDatabase }
        var sealed = state
        sealed.generation = expected.generation
        sealed.pageCount = copy.pageCount
        sealed.checksum = copy.checksum
        return sealed
    }

    @discardableResult
    private func change(
        _ body: @escaping @Sendable (inout FollowedCopy) throws(FileError) -> Void
    ) async throws -> FollowedCopy {
        guard let before = followed.withLock({ $0 }) else { throw ArrivalFailure.wrongSize }
        let after = try await onDisk { () throws(FileError) in
            var copy = before
            try body(&copy)
            return copy
        }
        followed.withLock { $0 = after }
        return after
    }
}

/// Why a copy is not taken.
package enum ArrivalFailure: Error, Equatable, Sendable, CustomStringConvertible {
    case wrongSize
    case noDatabase
    /// The node has the tenant already, under this epoch or a later one.
    case olderThanHere

    package var description: String {
        switch self {
        case .wrongSize: "the copy does not have the size that was announced"
        case .noDatabase: "the copy is no SQLite database with pages of 4096 bytes in WAL format"
        case .olderThanHere: "this node already holds the tenant under this epoch or a later one"
        }
    }
}

/// The first bytes of a database file (https://sqlite.org/fileformat2.html#the_database_header).
enum DatabaseHeader {
    private static let magic = Array("SQLite format 3\0".utf8)

    /// Whole pages of 4096 bytes, format versions for WAL (2, 2), UTF-8.
    static func isOurs(_ file: any File) throws(FileError) -> Bool {
        let size = try file.size()
        guard size > 0, size % Int64(PageHash.pageSize) == 0 else { return false }
        var header = [UInt8](repeating: 0, count: 100)
        let count = try header.withUnsafeMutableBytesTyped { raw throws(FileError) in try file.read(into: raw, at: 0) }
        guard count == header.count, header.starts(with: magic) else { return false }
        let isPageSizeOurs = header[16] == UInt8(PageHash.pageSize >> 8) && header[17] == 0
        let isWAL = header[18] == 2 && header[19] == 2
        // 0 where nothing was ever written.
        let encoding = header[56..<60].reduce(0) { $0 << 8 | UInt32($1) }
        return isPageSizeOurs && isWAL && encoding <= 1
    }
}
