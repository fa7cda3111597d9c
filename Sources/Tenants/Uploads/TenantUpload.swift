import Seams
import Synchronization
package import Vocabulary

/// A file on its way into the house, aside; nobody knows of it. It is gone with whoever holds this, and with the process.
///
/// Used by one task at a time.
package final class TenantUpload: Sendable {
    package let tenant: TenantID
    let path: String
    private let engine: TenantEngine
    private let file: any File
    private let written = Atomic<Int64>(0)
    private let takesRoomAsItGrows: Bool
    private let isDiscarded = Atomic<Bool>(false)
    /// Room on the disk, for the file and for the one that is made of it.
    private let room: Mutex<Room>

    private struct Room {
        var bytes: Int64
        var shares: [SnapshotSpace.Share]
    }

    /// Bytes for which room is taken at once where the length is not known.
    private static let step: Int64 = 64 << 20

    init(_ tenant: TenantID, path: String, length: Int64?, takesRoomAsItGrows: Bool, engine: TenantEngine)
        throws(UploadFailure)
    {
        self.tenant = tenant
        self.path = path
        self.engine = engine
        self.takesRoomAsItGrows = takesRoomAsItGrows
        let bytes = length ?? Self.step
        room = Mutex(Room(bytes: bytes, shares: takesRoomAsItGrows ? [] : [try Self.take(bytes, times: 2, engine)]))
        file = try onDisk { () throws(FileError) in try engine.files.open(path, .createNew) }
    }

    deinit { discard() }

    package var byteCount: Int64 { written.load(ordering: .relaxed) }

    private static func take(
        _ bytes: Int64, times: Int64, _ engine: TenantEngine
    ) throws(UploadFailure) -> SnapshotSpace.Share {
        try onDisk { () throws(FileError) in
            let free = try engine.files.freeBytes(holding: engine.layout.temporary)
            let (all, isTooMuch) = bytes.multipliedReportingOverflow(by: times)
            guard !isTooMuch, let share = engine.snapshotSpace.take(all, free: free, isKept: false) else {
                throw FileError.full(path: engine.layout.temporary)
            }
            return share
        }
    }

    /// Puts the bytes behind the others. Returns when the system has taken them, which is how a slow disk holds its client up.
    ///
    /// - Throws: `UploadFailure`, or `TenantsError.busy` where too many wait for the disk: it may be tried again.
    ///
    /// - Parameter first: the first so many of them are left out.
    package func append(_ bytes: any RequestBytes, after first: Int = 0) async throws {
        let offset = byteCount
        let end = offset + Int64(bytes.count - first)
        let share = try makeRoom(until: end)
        defer { share?.noteWritten() }
        let file = file
        try await engine.uploadWrites.run { () throws(TenantsError) in
            let written = bytes.read { raw -> Result<Void, FileError> in
                let left = UnsafeRawBufferPointer(rebasing: raw[first...])
                do throws(FileError) { return .success(try file.write(left, at: offset)) } catch {
                    return .failure(error)
                }
            }
            do throws(FileError) { try written.get() } catch { throw error.asTenantsError }
        }
        written.store(end, ordering: .relaxed)
    }

    /// - Returns: what is taken until the bytes are there.
    private func makeRoom(until end: Int64) throws(UploadFailure) -> SnapshotSpace.Share? {
        guard !takesRoomAsItGrows else { return try Self.take(end - byteCount, times: 1, engine) }
        let missing = room.withLock { end - $0.bytes }
        guard missing > 0 else { return nil }
        let bytes = max(missing, Self.step)
        let share = try Self.take(bytes, times: 2, engine)
        room.withLock { room in
            room.bytes += bytes
            room.shares.append(share)
        }
        return nil
    }

    /// It is not wanted any more. Any thread, while nothing is being appended.
    package func discard() {
        guard !isDiscarded.exchange(true, ordering: .relaxed) else { return }
        try? engine.files.remove(path)
        file.close()
        // The rest of what is needed is on the disk by now.
        room.withLock { for share in $0.shares { share.noteWritten() } }
    }
}
