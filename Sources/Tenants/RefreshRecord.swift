import Journal
import Lanes
import SQLiteKit
import Vocabulary

/// Writes the pages of a tenant's log again, whole, at the head of the journal, so that the old segments that hold them can
/// go: what a reader keeps out of the file must not keep the node's journal from moving on.
///
/// A large log goes out in several records; only all of them together stand for the commits before.
struct RefreshRecord {
    let engine: TenantEngine

    /// Bytes of one record at most: it is in memory as a whole.
    private static let largest = 16 << 20
    /// Nanoseconds that the second and later records may wait for the flusher to make room.
    private static let patience: UInt64 = 1_000_000_000

    /// What a refresh allows, and when.
    struct Written {
        /// The tenant's records up to it are not needed any more …
        let covered: LSN
        /// … once this one, the refresh's own last, is durable and the file is synced.
        let last: LSN
    }

    /// On the tenant's thread, with all commits durable.
    ///
    /// - Returns: nil where there is no room. Where waiting would not make any, readers are ended, so that the next round
    ///   can copy. What was written until then harms nothing.
    func append(_ database: TenantDatabase) -> Written? {
        let pages = database.file.livePages
        let step = max(1, min(Self.largest, engine.settings.transactionBytes) / CommitRecorder.worstPageBytes)
        let covered = engine.journal.lastLSN
        if pages.count > step { _ = Lane.stepAside() }
        var last = LSN.none
        var next = 0
        repeat {
            let end = min(next + step, pages.count)
            do throws(JournalRefusal) {
                last = try append(pages[next..<end], of: database, isFirst: next == 0)
            } catch {
                // Busy: segments for it are being prepared, and a later round asks again.
                if error != .busy { database.expireReaders() }
                return nil
            }
            next = end
        } while next < pages.count
        return Written(covered: covered, last: last)
    }

    private func append(
        _ pages: ArraySlice<UInt32>, of database: TenantDatabase, isFirst: Bool
    ) throws(JournalRefusal) -> LSN {
        let bytes = max(1, pages.count) * CommitRecorder.worstPageBytes
        if isFirst {
            try engine.journal.reserve(bytes, for: .relief)
        } else {
            try engine.journal.reserve(bytes, held: 0, for: .relief, waitingAtMost: Self.patience)
        }
        let state = database.state
        let encoder = engine.journal.makeEncoder()
        // Earlier checkpoints may have copied less than the tenant has: the pages between are in this record alone.
        let filePages = UInt32(clamping: database.file.fileSize / Int64(PageHash.pageSize))
        encoder.beginRefresh(filePages: min(filePages, state.pageCount))
        database.file.forEachLivePage(pages) { number, image in
            encoder.append(
                page: number, previous: nil, current: image, hash: PageHash.of(page: image, number: number))
        }
        encoder.finish(RecordStamp(database.tenant, state), pageCount: state.pageCount, checksum: state.checksum)
        engine.dirty.willCommit(database.tenant, after: engine.journal.lastLSN)
        let last = engine.journal.append(encoder, reserved: bytes).last
        database.recorder.didAppend(last)
        return last
    }
}
