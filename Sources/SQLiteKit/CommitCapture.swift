import Seams

/// Watches the log being written and knows, at the commit point, which pages a transaction changed and what they were.
///
/// Used by the holder of SQLite's write lock only, or by a checkpoint that holds all of them; hence no lock of its own.
///
/// The commit point is the barrier between the two header copies that SQLite writes into the wal-index: the write of the
/// commit frame is too early (SQLite may still fail and roll back), the WAL hook too late (readers already see it).
final class CommitCapture {
    static let logHeaderBytes = 32
    static let frameHeaderBytes = 24
    static let pageBytes = 4096
    static let frameBytes = frameHeaderBytes + pageBytes

    private unowned let file: DatabaseFile
    private var committed: UInt32 = 0
    private var staged: (frame: UInt32, pages: UInt32)?
    private var reservedThrough: UInt32 = 0
    /// The transaction under way has been granted room, however the log stands now: a log that begins anew in the middle of it
    /// (after going back to a savepoint) does not give that room back.
    private var hasReserved = false
    private var newestFrame: [UInt32: UInt32] = [:]
    private let scratch: UnsafeMutableRawPointer

    /// Size in pages as of the last commit.
    private(set) var pageCount: UInt32

    init(file: DatabaseFile, pageCount: UInt32) {
        self.file = file
        self.pageCount = pageCount
        scratch = .allocate(byteCount: 2 * Self.pageBytes, alignment: 16)
    }

    deinit { scratch.deallocate() }

    static func offset(ofFrame frame: UInt32) -> Int { logHeaderBytes + (Int(frame) - 1) * frameBytes }

    /// Frames of durable history in the log.
    var committedFrames: UInt32 { committed }

    /// Pages with a committed image in the log, each with its newest frame.
    var livePages: [UInt32: UInt32] { newestFrame }

    // MARK: What the log's writer does

    /// - Returns: false where the observer refused room for the frame.
    func willWriteFrameHeader(_ header: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        let frame = UInt32((offset - Self.logHeaderBytes) / Self.frameBytes + 1)
        if frame > max(reservedThrough, committed) {
            guard file.observer?.reservePage() ?? true else { return false }
            reservedThrough = frame
            hasReserved = true
        }
        let pages = UInt32(bigEndian: header.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        if pages != 0 {
            staged = (frame, pages)
        } else if let staged, frame <= staged.frame {
            self.staged = nil
        }
        return true
    }

    /// A new log begins over the old one: everything in it was copied into the file.
    func logRestarted() {
        committed = 0
        reservedThrough = 0
        staged = nil
        newestFrame.removeAll(keepingCapacity: newestFrame.count <= 64)
    }

    /// Everything is another file's.
    func fileReplaced(pageCount: UInt32) {
        logRestarted()
        self.pageCount = pageCount
    }

    func writeLockTaken() {
        staged = nil
        reservedThrough = committed
        hasReserved = false
    }

    /// - Returns: the frame of a commit that was written but never reached its commit point; its header must be made
    ///   unreadable, or a later rebuild of the index from the log would take it for a commit.
    func writeLockReleased() -> UInt32? {
        if hasReserved { file.observer?.releaseReservation() }
        hasReserved = false
        reservedThrough = committed
        defer { staged = nil }
        return staged?.frame
    }

    /// Called at each barrier of the holder of the write lock.
    func barrierPassed() {
        guard let staged else { return }
        self.staged = nil
        let frames = changedPages(through: staged.frame, size: staged.pages)
        let commit = CapturedCommit(
            capture: self, frames: frames, pageCountBefore: pageCount, pageCountAfter: staged.pages)
        file.observer?.commit(commit)
        for entry in frames { newestFrame[entry.page] = entry.frame }
        if staged.pages < pageCount { forgetPages(beyond: staged.pages) }
        committed = staged.frame
        reservedThrough = committed
        hasReserved = false
        pageCount = staged.pages
    }

    private func changedPages(through last: UInt32, size: UInt32) -> [(page: UInt32, frame: UInt32)] {
        var entries: [(page: UInt32, frame: UInt32)] = []
        entries.reserveCapacity(Int(last - committed))
        for frame in (committed + 1)...last {
            let page = file.log.bigEndian32(at: Self.offset(ofFrame: frame))
            if page <= size { entries.append((page, frame)) }
        }
        guard entries.count > 1 else { return entries }
        entries.sort { ($0.page, $0.frame) < ($1.page, $1.frame) }
        // Of several frames of one page the last counts.
        var kept = 0
        for index in entries.indices {
            if kept > 0, entries[kept - 1].page == entries[index].page {
                entries[kept - 1] = entries[index]
            } else {
                entries[kept] = entries[index]
                kept += 1
            }
        }
        entries.removeSubrange(kept...)
        return entries
    }

    private func forgetPages(beyond size: UInt32) {
        newestFrame = newestFrame.filter { $0.key <= size }
    }

    // MARK: Images

    /// - Parameter scratch: 0 or 1, which buffer to use where the image crosses two segments of the log.
    func image(ofFrame frame: UInt32, scratch index: Int) -> UnsafeRawPointer {
        let offset = Self.offset(ofFrame: frame) + Self.frameHeaderBytes
        if let address = file.log.contiguous(at: offset, count: Self.pageBytes) { return address }
        let buffer = scratch + index * Self.pageBytes
        _ = file.log.read(into: buffer, count: Self.pageBytes, at: offset)
        return UnsafeRawPointer(buffer)
    }

    /// The page's last committed image: from the log, else from the file. Nil where the disk does not give it back.
    func previousImage(of page: UInt32) -> UnsafeRawPointer? {
        if let frame = newestFrame[page] { return image(ofFrame: frame, scratch: 1) }
        // Without it the tenant's checksum tells nothing any more, so a disk that stumbles is asked again.
        for _ in 0..<Self.attempts {
            if let image = try? readPage(page) { return image }
        }
        return nil
    }

    private static let attempts = 3

    private func readPage(_ page: UInt32) throws(FileError) -> UnsafeRawPointer {
        let buffer = scratch + Self.pageBytes
        let target = UnsafeMutableRawBufferPointer(start: buffer, count: Self.pageBytes)
        let count = try file.readFile(into: target, at: (Int64(page) - 1) * Int64(Self.pageBytes))
        if count < Self.pageBytes {
            // Pages that growth skipped lie beyond the file's end until a checkpoint; they read as zeros.
            UnsafeMutableRawBufferPointer(rebasing: target[count...]).initializeMemory(as: UInt8.self, repeating: 0)
        }
        return UnsafeRawPointer(buffer)
    }
}
