import Foundation
import Journal
import SQLiteKit
import Seams
import Synchronization
import Tenants
import Vocabulary

/// An engine in a folder of its own, which it can be stopped and started on.
final class House: @unchecked Sendable {
    let directory: String
    private(set) var engine: TenantEngine
    /// A rule to break, and the clock.
    private let faults: EngineFaults
    private let time: any TimeSource
    private let files: any Files
    private let notices: Notices
    private let adjust: (inout EngineSettings, inout JournalOptions) -> Void

    init(
        faults: EngineFaults = EngineFaults(), time: any TimeSource = SystemTime(), files: any Files = PosixFiles(),
        _ adjust: @escaping (inout EngineSettings, inout JournalOptions) -> Void = { _, _ in }
    ) throws {
        directory = NSTemporaryDirectory() + "rowhouse-tenants-" + UUID().uuidString
        self.faults = faults
        self.time = time
        self.files = files
        self.adjust = adjust
        notices = Notices()
        engine = try Self.start(directory, faults, time, files, notices, adjust)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private static func start(
        _ directory: String, _ faults: EngineFaults, _ time: any TimeSource, _ files: any Files, _ notices: Notices,
        _ adjust: (inout EngineSettings, inout JournalOptions) -> Void
    ) throws -> TenantEngine {
        var settings = EngineSettings(directory: directory)
        var options = JournalOptions()
        options.segmentBytes = 4 << 20
        options.journalBytes = 64 << 20
        options.transactionBytes = 16 << 20
        options.ballastBytes = 1 << 20
        settings.transactionBytes = 16 << 20
        adjust(&settings, &options)
        var start = EngineStart(
            settings: settings, journalOptions: options, files: files, time: time, random: SystemRandom())
        start.engineFaults = faults
        start.notice = { notices.add($0) }
        return try start.run(progress: { _ in }, onFatal: { error in fatalError("\(error)") })
    }

    /// Stops in order and starts again.
    func restart() throws {
        try engine.shutdown()
        engine = try Self.start(directory, faults, time, files, notices, adjust)
    }

    /// What the engine has told so far.
    var told: [EngineNotice] { notices.all }

    private final class Notices: Sendable {
        private let list = Mutex<[EngineNotice]>([])
        var all: [EngineNotice] { list.withLock { $0 } }
        func add(_ notice: EngineNotice) { list.withLock { $0.append(notice) } }
    }

    func stop() throws { try engine.shutdown() }

    /// After `stop`.
    func startAgain() throws { engine = try Self.start(directory, faults, time, files, notices, adjust) }

    /// Starts on what a process that was killed has left.
    func crash() throws {
        engine.abandon()
        try startAgain()
    }

    @discardableResult
    func create(_ id: UInt64, sql: String = "CREATE TABLE t(id INTEGER PRIMARY KEY, v)") async throws -> TenantID {
        let tenant = TenantID(id)
        let template = try engine.templates.make(sql: sql)
        try await engine.create(tenant, template: template, epoch: .first)
        return tenant
    }

    /// Our own statements, as the server runs them.
    func run(_ sql: String, on tenant: TenantID) async throws {
        try await engine.perform(on: tenant) { database in
            try database.own { connection throws(SQLiteError) in try connection.execute(sql) }
        }
    }

    func integer(_ sql: String, on tenant: TenantID) async throws -> Int64 {
        try await engine.perform(on: tenant) { database in
            try database.own { connection throws(SQLiteError) in
                let statement = try connection.prepare(sql)
                guard try statement.step() else { return -1 }
                return statement.integer(0)
            }
        }
    }
}
