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
    private let isDiscarded = Atomic<Bool>(false)
    /// Room on the disk, for the file and for the one that is made of it.
    private let room: Mutex<Room>

    private struct Room {
        var bytes: Int64
        var shares: [SnapshotSpace.Share]
    }

    /// Bytes for which room is taken at once where the length is not known.
    private static let step: Int64 = 64 << 20

    init(_ tenant: TenantID, path: String, length: Int64?, engine: TenantEngine) throws(UploadFailure) {
        self.tenant = tenant
        self.path = path
        self.engine = engine
        let bytes = length ?? Self.step
        room = Mutex(Room(bytes: bytes, shares: [try Self.take(bytes, engine)]))
        file = try onDisk { () throws(FileError) in try engine.files.open(path, .createNew) }
    }

    deinit { discard() }

    package var byteCount: Int64 { written.load(ordering: .relaxed) }

    private static func take(_ bytes: Int64, _ engine: TenantEngine) throws(UploadFailure) -> SnapshotSpace.Share {
        try onDisk { () throws(FileError) in
            let free = try engine.files.freeBytes(holding: engine.layout.temporary)
            let (both, isTooMuch) = bytes.multipliedReportingOverflow(by: 2)
            guard !isTooMuch, let share = engine.snapshotSpace.take(both, free: free, isKept: false) else {
                throw FileError.full(path: engine.layout.temporary)
            }
            return share
        }
    }

    /// Puts the bytes behind the others. Returns when the system has taken them, which is how a slow disk holds its client up.
    ///
    /// - Throws: `UploadFailure`, or `TenantsError.busy` where too many wait for the disk: it may be tried again.
    package func append(_ bytes: [UInt8]) async throws {
        let offset = byteCount
        let end = offset + Int64(bytes.count)
        try makeRoom(until: end)
        let file = file
        try await engine.uploadWrites.run { () throws(TenantsError) in
            do throws(FileError) {
                try bytes.withUnsafeBytesTyped { raw throws(FileError) in try file.write(raw, at: offset) }
            } catch {
                throw error.asTenantsError
            }
        }
        written.store(end, ordering: .relaxed)
    }

    private func makeRoom(until end: Int64) throws(UploadFailure) {
        let missing = room.withLock { end - $0.bytes }
        guard missing > 0 else { return }
        let bytes = max(missing, Self.step)
        let share = try Self.take(bytes, engine)
        room.withLock { room in
            room.bytes += bytes
            room.shares.append(share)
        }
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
