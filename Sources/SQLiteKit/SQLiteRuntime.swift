import CSQLite
import Synchronization

/// The process-wide switches of libsqlite3, set once before anything else touches it.
package enum SQLiteRuntime {
    /// Configures and initialises the library; later calls do nothing.
    ///
    /// Multi-thread mode: connections have no mutex of their own, since each is used by one thread at a time. No memory
    /// statistics (a global lock on every allocation). Page caches start empty (4,096-byte slabs of nothing would cost
    /// every open tenant memory). Our own allocator, which bounds what a tenant's statements take.
    ///
    /// - Parameter countingMemory: for proofs that look for leaks, which need the statistics; the first call decides.
    package static func start(countingMemory: Bool = false) {
        if countingMemory { countsMemory.store(true, ordering: .relaxed) }
        _ = started
    }

    private static let countsMemory = Atomic<Bool>(false)

    private static let started: Void = {
        let threads = rh_config_none(SQLITE_CONFIG_MULTITHREAD)
        let statistics = rh_config_int(SQLITE_CONFIG_MEMSTATUS, countsMemory.load(ordering: .relaxed) ? 1 : 0)
        let cache = rh_config_page_cache(nil, 0, 4)
        let memory = withUnsafePointer(to: CallAllocator.makeMethods()) { rh_config_malloc($0) }
        precondition(
            threads == SQLITE_OK && statistics == SQLITE_OK && cache == SQLITE_OK && memory == SQLITE_OK,
            "libsqlite3 was initialised before Rowhouse configured it")
        let initialised = sqlite3_initialize()
        precondition(initialised == SQLITE_OK, "libsqlite3 does not initialise (code \(initialised))")
        precondition(sqlite3_threadsafe() != 0, "this libsqlite3 was built without threads")
    }()

    /// For example `3.40.1`.
    package static var version: String { String(cString: sqlite3_libversion()) }
}
