import CSQLite
package import Seams
import Synchronization

/// One database as the VFS holds it: its file, its log in memory, its index and locks, shared by all connections of this
/// process to it.
///
/// It outlives its connections: a log with bytes in it is still the newest truth when the last connection closes.
package final class DatabaseFile: @unchecked Sendable {
    // @unchecked: `capture`, `isLogRefused` belong to the holder of SQLite's write lock; the rest is atomic, locked or constant.
    /// What SQLite knows it by, and SQL can ask for: the last part of the path that it was attached with.
    let name: String
    let log: WALBuffer
    let index = WALIndex()
    let locks = FileLocks()
    private(set) var capture: CommitCapture!
    private let descriptors: DescriptorCache
    private let slot: Mutex<DescriptorCache.Slot>
    private let sizeBytes: Atomic<Int64>
    /// The handle that may checkpoint now, by address; 0 is none.
    private let armedHandle = Atomic<UInt>(0)
    let observer: (any CommitObserver)?
    private var isLogRefused = false

    init(
        path: String, size: Int64, budget: WALBudget, descriptors: DescriptorCache, observer: (any CommitObserver)?
    ) {
        name = String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
        self.descriptors = descriptors
        self.observer = observer
        log = WALBuffer(budget: budget)
        slot = Mutex(DescriptorCache.Slot(path: path))
        sizeBytes = Atomic(size)
        capture = CommitCapture(file: self, pageCount: UInt32(size / Int64(CommitCapture.pageBytes)))
    }

    deinit { descriptors.forget(currentSlot) }

    private var currentSlot: DescriptorCache.Slot { slot.withLock { $0 } }
    package var path: String { currentSlot.path }

    /// Bytes of log held in memory.
    package var logBytes: Int { log.count }
    package var logCapacity: Int { log.capacity }
    /// Bytes of committed frames in the log since it last began anew. Only on the thread that owns the connections.
    package var liveLogBytes: Int { Int(capture.committedFrames) * CommitCapture.frameBytes }
    /// The log has met its bounds, or is about to: only a checkpoint makes room. Same thread rule.
    package var isLogFull: Bool { log.isFull(liveLogBytes) }
    package var fileSize: Int64 { sizeBytes.load(ordering: .acquiring) }
    /// Size in pages as of the last commit. Only on the thread that owns the tenant's connections.
    package var pageCount: UInt32 { capture.pageCount }

    // MARK: The main file

    func readFile(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
        try descriptors.use(currentSlot) { file throws(FileError) in try file.read(into: buffer, at: offset) }
    }

    func writeFile(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
        try descriptors.use(currentSlot) { file throws(FileError) in try file.write(bytes, at: offset) }
        let end = offset + Int64(bytes.count)
        if end > sizeBytes.load(ordering: .relaxed) { sizeBytes.store(end, ordering: .releasing) }
    }

    func truncateFile(to size: Int64) throws(FileError) {
        try descriptors.use(currentSlot) { file throws(FileError) in try file.truncate(to: size) }
        sizeBytes.store(size, ordering: .releasing)
    }

    /// `fdatasync` of the main file.
    package func sync() throws(FileError) {
        try descriptors.use(currentSlot) { file throws(FileError) in try file.sync() }
    }

    // MARK: Checkpoints

    /// Only an armed handle may take the checkpoint lock and write the main file; arming is where the caller has made
    /// sure that everything in the log is durable (rule J2).
    func arm(_ handle: DatabaseHandle) { armedHandle.store(Self.address(handle), ordering: .releasing) }
    func disarm() { armedHandle.store(0, ordering: .releasing) }
    func isArmed(_ handle: DatabaseHandle) -> Bool { armedHandle.load(ordering: .acquiring) == Self.address(handle) }

    private static func address(_ handle: DatabaseHandle) -> UInt {
        UInt(bitPattern: Unmanaged.passUnretained(handle).toOpaque())
    }

    // MARK: The log

    /// - Returns: a SQLite result code.
    func writeLog(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int32 {
        if bytes.count == CommitCapture.logHeaderBytes, offset == 0 {
            capture.logRestarted()
            log.restarted()
        } else if bytes.count == CommitCapture.frameHeaderBytes {
            guard capture.willWriteFrameHeader(bytes, at: offset) else { return SQLITE_FULL }
        }
        if log.write(bytes, at: offset) { return SQLITE_OK }
        isLogRefused = true
        return SQLITE_FULL
    }

    /// Whether the log had no room for the last transaction, until it is asked for. Only on the thread that owns the connections.
    package func takeLogRefusal() -> Bool {
        defer { isLogRefused = false }
        return isLogRefused
    }

    func writeLockTaken() {
        isLogRefused = false
        capture.writeLockTaken()
    }

    func truncateLog(to size: Int) {
        guard size == 0 else { return }
        capture.logRestarted()
        log.removeAll()
        index.releaseMemory()
    }

    func writeLockReleased() {
        guard let dead = capture.writeLockReleased() else { return }
        // Zeros are no frame of any log: the salts do not match.
        withUnsafeTemporaryAllocation(byteCount: CommitCapture.frameHeaderBytes, alignment: 8) { zeros in
            zeros.initializeMemory(as: UInt8.self, repeating: 0)
            _ = log.write(UnsafeRawBufferPointer(zeros), at: CommitCapture.offset(ofFrame: dead))
        }
    }

    // MARK: Another file

    /// The database goes on with the content of another file. Its connections stay and learn of it as they would of
    /// another's commit; their temp objects and settings stay too. Nothing must be in the log.
    ///
    /// - Parameter commit: makes the change known to whoever must know first; the file is as it was if it throws.
    /// - Returns: false, with nothing done, while anybody reads or writes.
    package func replace<Failure: Error>(
        path: String, size: Int64, after commit: () throws(Failure) -> Void
    ) throws(Failure) -> Bool {
        guard log.count == 0, index.lockEverything() else { return false }
        defer { index.unlockEverything() }
        try commit()
        let old = slot.withLock { slot in
            defer { slot = DescriptorCache.Slot(path: path) }
            return slot
        }
        descriptors.forget(old)
        sizeBytes.store(size, ordering: .releasing)
        capture.fileReplaced(pageCount: UInt32(size / Int64(CommitCapture.pageBytes)))
        index.announceChange()
        return true
    }

    // MARK: Copies

    /// The pages with a committed image in the log, in order. Only on the thread that owns the tenant's connections, between
    /// transactions.
    package var livePages: [UInt32] { capture.livePages.keys.sorted() }

    /// Hands over the newest image of each of these pages that has one in the log. Same thread rule.
    package func forEachLivePage(
        _ pages: ArraySlice<UInt32>, _ body: (_ number: UInt32, _ image: UnsafeRawPointer) -> Void
    ) {
        let frames = capture.livePages
        for page in pages {
            if let frame = frames[page] { body(page, capture.image(ofFrame: frame, scratch: 0)) }
        }
    }

    /// The committed image of one page, from the log or the file; valid until the next call. Same thread rule.
    package func committedImage(of page: UInt32) -> UnsafeRawPointer? { capture.previousImage(of: page) }
}
