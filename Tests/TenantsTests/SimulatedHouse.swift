import Foundation
import Journal
import SQLiteKit
import Seams
import Simulator
import Synchronization
import Vocabulary

@testable import Tenants

/// An engine on a simulated disk, small in every bound, that can lose its power.
final class SimulatedHouse: @unchecked Sendable {
    // @unchecked: `engine` and `disk` change between rounds only, when nothing runs.
    static let directory = "/data"
    private(set) var disk: SimulatedDisk
    private(set) var engine: TenantEngine!
    let fatal = Mutex<JournalError?>(nil)
    let random: SeededRandom
    var journalFaults = JournalFaults()
    var faults = EngineFaults()
    /// Told on the thread that did it.
    let notices = Mutex<(@Sendable (EngineNotice) -> Void)?>(nil)
    var adjust: (inout EngineSettings, inout JournalOptions) -> Void = { _, _ in }

    init(seed: UInt64, disk: SimulatedDisk = SimulatedDisk()) {
        self.disk = disk
        random = SeededRandom(seed: seed)
    }

    static func tiny() -> (EngineSettings, JournalOptions) {
        var settings = EngineSettings(directory: directory)
        settings.openTenants = 4
        settings.descriptors = 4
        settings.streamsPerTenant = 8
        settings.transactionBytes = 1 << 20
        settings.logPerTenant = 8 << 20
        settings.logPerNode = 32 << 20
        settings.cachePages = 16
        settings.checkpointLogBytes = 64 << 10
        settings.recoveryBytes = 1 << 20
        settings.stateBatch = 3
        settings.keeperPause = 5_000_000
        settings.checkpointPause = 5_000_000
        settings.statementCache = 4
        var options = JournalOptions()
        options.segmentBytes = 256 << 10
        options.journalBytes = 4 << 20
        options.partBytes = 16 << 10
        options.bufferBytes = 1 << 20
        options.transactionBytes = 1 << 20
        options.flushBytes = 64 << 10
        options.ballastBytes = 0
        options.generationBlock = 4
        options.witnessDelay = 5_000_000
        options.retryPause = 10_000_000
        return (settings, options)
    }

    /// - Throws: what starting throws; nothing runs then.
    func start(on next: SimulatedDisk? = nil) throws {
        if let next { disk = next }
        var (settings, options) = Self.tiny()
        adjust(&settings, &options)
        fatal.withLock { $0 = nil }
        var start = EngineStart(
            settings: settings, journalOptions: options, files: disk, time: SystemTime(), random: random)
        start.faults = journalFaults
        start.engineFaults = faults
        start.notice = { [weak self] notice in self?.notices.withLock { $0 }?(notice) }
        engine = try start.run(
            progress: { _ in },
            onFatal: { [weak self] error in self?.fatal.withLock { $0 = error } })
    }

    var hasFailed: Bool { fatal.withLock { $0 != nil } }

    /// The power goes, or has gone: what the next process finds.
    func crash(_ mode: CrashMode) -> SimulatedDisk {
        let left = disk.crash(seed: random.next(), mode: mode)
        engine?.abandon()
        engine = nil
        return left
    }

    func template(_ sql: String) throws -> Template { try engine.templates.make(sql: sql) }
}

/// A work made of closures, for tests: it knows whether its answer left.
final class TestWork: TenantWork, @unchecked Sendable {
    // @unchecked: guarded by the mutex; the closures are constant.
    enum Ending: Sendable {
        case released
        case refused(TenantsError)
    }

    private struct State {
        var ending: Ending?
        var waiter: CheckedContinuation<Ending, Never>?
    }

    private let onTenant: (@Sendable (Tenant) -> Bool)?
    private let onDatabase: @Sendable (TenantDatabase) -> WorkOutcome
    private let onRelease: @Sendable () -> Void
    private let atLast: (@Sendable (TenantDatabase) -> WorkOutcome)?
    private let state = Mutex(State())

    init(
        onTenant: (@Sendable (Tenant) -> Bool)? = nil,
        onRelease: @escaping @Sendable () -> Void = {},
        onDatabase: @escaping @Sendable (TenantDatabase) -> WorkOutcome = { _ in .done(after: .none) },
        atLast: (@Sendable (TenantDatabase) -> WorkOutcome)? = nil
    ) {
        self.atLast = atLast
        self.onTenant = onTenant
        self.onRelease = onRelease
        self.onDatabase = onDatabase
    }

    func handle(_ tenant: Tenant) -> Bool { onTenant?(tenant) ?? false }
    func run(on database: TenantDatabase) -> WorkOutcome { onDatabase(database) }
    func runWithoutWaiting(on database: TenantDatabase) -> WorkOutcome? { atLast?(database) }
    func refuse(_ error: TenantsError) { end(.refused(error)) }

    func release() {
        onRelease()
        end(.released)
    }

    private func end(_ ending: Ending) {
        let waiter = state.withLock { state in
            precondition(state.ending == nil, "a work was ended twice")
            state.ending = ending
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: ending)
    }

    @discardableResult
    func ended() async -> Ending {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state in
                if state.ending == nil { state.waiter = continuation }
                return state.ending
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
