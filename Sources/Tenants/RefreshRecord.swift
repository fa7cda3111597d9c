import Journal
import SQLiteKit
import Vocabulary

/// Writes the pages of a tenant's log again, whole, at the head of the journal, so that the old segments that hold them can
/// go: what a reader keeps out of the file must not keep the node's journal from moving on.
struct RefreshRecord {
    let engine: TenantEngine

    /// On the tenant's thread, with all commits durable.
    ///
    /// - Returns: the records up to here are not needed any more once this one is durable and the file is synced; nil where
    ///   there was no room. Readers are ended then, so that the next round can copy.
    func append(_ database: TenantDatabase) -> LSN? {
        let pages = database.file.livePageCount
        let bytes = max(1, pages) * CommitRecorder.worstPageBytes
        do throws(JournalRefusal) {
            try engine.journal.reserve(bytes, relief: true)
        } catch {
            database.endReaders()
            return nil
        }
        let state = database.state
        let encoder = engine.journal.makeEncoder()
        encoder.beginRefresh(pageCount: state.pageCount)
        database.file.forEachLivePage { number, image in
            encoder.append(
                page: number, previous: nil, current: image, hash: PageHash.of(page: image, number: number))
        }
        encoder.finish(RecordStamp(database.tenant, state), pageCount: state.pageCount, checksum: state.checksum)
        let last = engine.journal.lastLSN
        engine.dirty.willCommit(database.tenant, after: last)
        database.recorder.didAppend(engine.journal.append(encoder, reserved: bytes).last)
        return last
    }
}
