import Seams
package import Vocabulary

/// A tenant as of one commit, in a file of its own that has no name any more: it is gone with the last who holds this, and with
/// the process.
package final class TenantSnapshot: Sendable {
    package let tenant: TenantID
    package let bookmark: Bookmark
    package let byteCount: Int64
    /// What tells one schema of the tenant's from another, which a copy counts anew.
    let schemaVersion: UInt32
    private let file: any File
    private let reader: ServiceThread
    private let share: SnapshotSpace.Share

    init(
        _ tenant: TenantID, _ bookmark: Bookmark, byteCount: Int64, schemaVersion: UInt32, file: any File,
        _ share: SnapshotSpace.Share, reader: ServiceThread
    ) {
        self.share = share
        self.tenant = tenant
        self.bookmark = bookmark
        self.byteCount = byteCount
        self.schemaVersion = schemaVersion
        self.file = file
        self.reader = reader
    }

    deinit { file.close() }

    /// - Parameter count: bytes; fewer are given at the end only.
    /// - Throws: `TenantsError`.
    package func read(_ count: Int, at offset: Int64) async throws -> [UInt8] {
        try await reader.run { () throws(TenantsError) in
            do throws(FileError) { return try self.readNow(count, at: offset) } catch { throw error.asTenantsError }
        }
    }

    /// The same on this thread, which waits for the disk.
    func readNow(_ count: Int, at offset: Int64) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try bytes.withUnsafeMutableBytesTyped { raw throws(FileError) in
            try file.read(into: raw, at: offset)
        }
        bytes.removeLast(count - read)
        return bytes
    }
}

/// What came of asking for a snapshot.
package enum SnapshotOutcome: Sendable {
    case made(TenantSnapshot)
    /// The tenant is as the caller knows it already: nothing was copied.
    case known(Bookmark)
}
