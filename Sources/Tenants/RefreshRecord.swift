import Journal
import SQLiteKit
import Vocabulary

/// Writes the pages of a tenant's log again, whole, at the head of the journal, so that the old segments that hold them can
/// go: what a reader keeps out of the file must not keep the node's journal from moving on.
struct RefreshRecord {
    let engine: TenantEngine

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
    ///   can copy.
    func append(_ database: TenantDatabase) -> Written? {
        let pages = database.file.livePageCount
        let bytes = max(1, pages) * CommitRecorder.worstPageBytes
        do throws(JournalRefusal) {
            try engine.journal.reserve(bytes, relief: true)
        } catch {
            // Busy: segments for it are being prepared, and a later round asks again.
            if error != .busy { database.endReaders() }
            return nil
        }
        let state = database.state
        let encoder = engine.journal.makeEncoder()
        // Earlier checkpoints may have copied less than the tenant has: the pages between are in this record alone.
        let filePages = UInt32(clamping: database.file.fileSize / Int64(PageHash.pageSize))
        encoder.beginRefresh(filePages: min(filePages, state.pageCount))
        database.file.forEachLivePage { number, image in
            encoder.append(
                page: number, previous: nil, current: image, hash: PageHash.of(page: image, number: number))
        }
        encoder.finish(RecordStamp(database.tenant, state), pageCount: state.pageCount, checksum: state.checksum)
        let covered = engine.journal.lastLSN
        engine.dirty.willCommit(database.tenant, after: covered)
        let last = engine.journal.append(encoder, reserved: bytes).last
        database.recorder.didAppend(last)
        return Written(covered: covered, last: last)
    }
}
