import Seams
import Synchronization
import Vocabulary

/// Histories of the tenants that have replicas: begins them, goes on with them, forgets them.
///
/// Nothing is kept for a tenant before somebody asks for its first state.
package final class ReplicaDesk: Sendable {
    /// Nanoseconds after which a history that nobody asks for is closed.
    fileprivate static let idle: UInt64 = 600_000_000_000
    /// Bytes of memory of all that are open, and their number.
    fileprivate static let mostMemory = 256 << 20
    fileprivate static let mostOpen = 1_024
    /// Bytes that histories leave free on the disk.
    private static let spare: Int64 = 256 << 20

    final class Entry: Sendable {
        let turn = Turnstile(bound: 256)
        private let gone = Atomic<Bool>(false)
        /// Another entry has its place: whoever waited here asks for that one.
        var isGone: Bool { gone.load(ordering: .acquiring) }
        func leave() { gone.store(true, ordering: .releasing) }
        private let opened = Mutex<ReplicaLedger?>(nil)
        /// Only for whoever has the turn; others may look at its size.
        var ledger: ReplicaLedger? { opened.withLock { $0 } }
        func hold(_ ledger: ReplicaLedger?) { opened.withLock { $0 = ledger } }
    }

    fileprivate struct State {
        var entries: [TenantID: Entry] = [:]
        var lastUse: [TenantID: Instant] = [:]
        var room: ReplicaRoom
        var hasScanned = false
        var dropped: Set<TenantID> = []
    }

    private let state: Mutex<State>
    let folder: ReplicaFolder
    let files: any Files
    let time: any TimeSource
    /// Nanoseconds for which a history is kept that nobody asks for.
    let keep: UInt64
    let worker = ServiceThread()
    let reader = ServiceThread()
    private let scanning = Turnstile(bound: 256)

    init(layout: TenantLayout, settings: EngineSettings, files: any Files, time: any TimeSource) {
        folder = ReplicaFolder(root: layout.directory + "/replicas")
        self.files = files
        self.time = time
        keep = settings.replicaKeep
        state = Mutex(State(room: ReplicaRoom(most: settings.replicaBytes)))
    }

    /// Files and bytes of all histories on the disk, as far as they are known.
    package var usage: (count: Int, bytes: Int64) { state.withLock { ($0.room.count, $0.room.bytes) } }

    /// The longest unused first.
    var known: [TenantID] { state.withLock { $0.room.tenants } }

    // MARK: Entries

    /// - Throws: `TenantsError.busy` where too many wait, and what the body throws.
    func withTurn<Result>(of tenant: TenantID, _ body: (Entry) async throws -> Result) async throws -> Result {
        try await scan()
        // Each time round somebody has put the tenant's history away meanwhile.
        for _ in 0..<8 {
            let entry = entry(of: tenant)
            let result: Result? = try await entry.turn.passInLine { entry.isGone ? nil : try await body(entry) }
            if let result { return result }
        }
        throw TenantsError.busy(queue: "line of the tenant's replicas")
    }

    func entry(of tenant: TenantID) -> Entry {
        let now = time.monotonic()
        return state.withLock { state in
            state.lastUse[tenant] = now
            if let known = state.entries[tenant] { return known }
            let made = Entry()
            state.entries[tenant] = made
            return made
        }
    }

    func note(_ ledger: ReplicaLedger) {
        let now = time.monotonic()
        state.withLock { state in
            state.room.note(ledger.tenant, ledger.bytes, now)
            state.dropped.remove(ledger.tenant)
        }
    }

    func noteRemoved(_ tenant: TenantID) {
        state.withLock { state in
            state.room.remove(tenant)
            state.dropped.remove(tenant)
        }
    }

    /// What earlier processes have left is counted before anything is added.
    private func scan() async throws {
        if state.withLock({ $0.hasScanned }) { return }
        try await scanning.passInLine {
            if self.state.withLock({ $0.hasScanned }) { return }
            let found = try await self.work { [folder, files] () throws(FileError) in
                try files.makeDirectory(folder.root)
                return try folder.scan(files)
            }
            let now = self.time.monotonic()
            self.state.withLock { state in
                for history in found { state.room.note(history.tenant, history.bytes, now) }
                state.hasScanned = true
            }
        }
    }

    // MARK: Room

    /// Makes room on the disk, at the cost of what was not used for longest.
    ///
    /// - Parameters:
    ///   - bytes: that the tenant's history is to have.
    ///   - new: of these, not on the disk yet.
    /// - Throws: `TenantsError.diskFull`.
    func makeRoom(for bytes: Int64, of tenant: TenantID, new: Int64? = nil) async throws {
        guard let victims = state.withLock({ $0.room.victims(for: bytes, of: tenant) }) else {
            throw TenantsError.diskFull
        }
        // Who has one tenant's turn never waits for another's: they could wait for each other.
        for victim in victims {
            guard try await forgetIfFree(victim) else { throw TenantsError.busy(queue: "room for replicas' histories") }
        }
        let free = try await work { [files, folder] () throws(FileError) in try files.freeBytes(holding: folder.root) }
        guard free - (new ?? bytes) >= Self.spare else { throw TenantsError.diskFull }
    }

    /// Nothing is left of it; its replicas get everything anew.
    ///
    /// - Returns: false, with nothing done, where somebody has its turn.
    func forgetIfFree(_ tenant: TenantID) async throws -> Bool {
        let entry = entry(of: tenant)
        let isDone: Bool? = try await entry.turn.passIfFree {
            guard !entry.isGone else { return false }
            try await self.work { [folder, files] () throws(FileError) in try folder.remove(tenant, files) }
            self.noteRemoved(tenant)
            self.remove(entry, of: tenant)
            return true
        }
        return isDone ?? false
    }

    /// By whoever has its turn.
    func remove(_ entry: Entry, of tenant: TenantID) {
        entry.hold(nil)
        state.withLock { state in
            entry.leave()
            state.entries[tenant] = nil
            state.lastUse[tenant] = nil
        }
    }

    /// The tenant is not here any more: its history goes with the next `sweep`. Any thread.
    func drop(_ tenant: TenantID) {
        state.withLock { state in
            guard !state.hasScanned || state.entries[tenant] != nil || state.room.holds(tenant) else { return }
            _ = state.dropped.insert(tenant)
        }
    }

    /// It was dropped and is there all the same: the tenant has been elsewhere meanwhile.
    func isDropped(_ tenant: TenantID) -> Bool { state.withLock { $0.dropped.contains(tenant) } }

    /// Closes what nobody has asked for in a while, removes what nobody has asked for in a long time. To be called now and then.
    package func sweep() async {
        guard (try? await scan()) != nil else { return }
        let now = time.monotonic()
        let (gone, idle) = state.withLock { state in
            (state.dropped.union(state.room.unused(since: keep, now: now)), state.toClose(now))
        }
        for tenant in gone where isToGo(tenant, now) { _ = try? await forgetIfFree(tenant) }
        for tenant in idle where !gone.contains(tenant) { close(tenant) }
    }

    /// It may have come back meanwhile, or been asked for.
    private func isToGo(_ tenant: TenantID, _ now: Instant) -> Bool {
        state.withLock { $0.dropped.contains(tenant) || $0.room.unused(since: keep, now: now).contains(tenant) }
    }

    private func close(_ tenant: TenantID) {
        guard let entry = state.withLock({ $0.entries[tenant] }) else { return }
        entry.turn.passIfFree { remove(entry, of: tenant) }
    }

    /// Runs a few steps of file work on the desk's own thread.
    func work<Value: Sendable>(_ body: @escaping @Sendable () throws(FileError) -> Value) async throws -> Value {
        try await patiently {
            try await self.worker.run { () throws(TenantsError) in
                do throws(FileError) { return try body() } catch { throw error.asTenantsError }
            }
        }
    }

    /// Times that a piece of work is offered again, 10 ms apart, where too much waits already.
    static let patience = 500

    func patiently<Value>(times: Int = patience, _ body: () async throws -> Value) async throws -> Value {
        for _ in 0..<times {
            do { return try await body() } catch TenantsError.busy {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        return try await body()
    }
}

extension ReplicaDesk.State {
    /// Entries that are idle, and the longest unused of those that are too many.
    func toClose(_ now: Instant) -> [TenantID] {
        let open = entries.map { id, entry in (id, entry.ledger?.memory ?? 0, lastUse[id] ?? now) }
            .sorted { $0.2 > $1.2 }
        var (memory, count) = (0, 0)
        return open.compactMap { id, bytes, use in
            memory += bytes
            count += 1
            let isIdle = now.nanoseconds(since: use) >= ReplicaDesk.idle
            return isIdle || memory > ReplicaDesk.mostMemory || count > ReplicaDesk.mostOpen ? id : nil
        }
    }
}
