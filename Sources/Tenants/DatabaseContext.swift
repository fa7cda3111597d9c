import SQLiteKit
import Seams
import Synchronization

/// What every open tenant shares: the VFS, the bounds, time and chance.
final class DatabaseContext: Sendable {
    let vfs: DatabaseVFS
    let settings: EngineSettings
    let time: any TimeSource
    let random: any RandomSource
    let life: EngineLife
    let faults: EngineFaults
    /// What SQLite may allocate for all tenants.
    let memory: MemoryBudget
    /// Streams open on the node.
    let streamCount = StreamCount()
    /// Commits since the start, of all tenants.
    let commitCount = CommitCount()
    let statistics = StatisticsKeep()
    let loads = LoadCounters()
    let compactions = CompactionQueue()
    let notices: EngineNotices

    init(
        vfs: DatabaseVFS, settings: EngineSettings, time: any TimeSource, random: any RandomSource, life: EngineLife,
        faults: EngineFaults, notices: EngineNotices
    ) {
        self.vfs = vfs
        self.settings = settings
        self.time = time
        self.random = random
        self.life = life
        self.faults = faults
        self.notices = notices
        memory = MemoryBudget(limitBytes: settings.sqlMemoryPerNode)
    }

    /// - Parameters:
    ///   - temporary: what all connections of the tenant together may put into temporary files.
    ///   - memory: the same for what they allocate.
    func connect(
        _ file: DatabaseFile, of host: TenantDatabase, temporary: TempAccount, memory: MemoryAccount, isShared: Bool
    ) throws(SQLiteError) -> GuardedConnection {
        let options = Connection.Options(
            cachePages: settings.cachePages, maximumSQLBytes: settings.sqlBytes,
            maximumValueBytes: settings.valueBytes, maximumPages: settings.databasePages)
        let connection = try Connection(
            vfs: vfs, file: file, temporary: temporary, memory: memory, options: options)
        return GuardedConnection(connection, of: host, self, isShared: isShared)
    }
}

/// How many commits there were.
final class CommitCount: Sendable {
    private let count = Atomic<UInt64>(0)
    var value: UInt64 { count.load(ordering: .relaxed) }
    func add() { count.add(1, ordering: .relaxed) }
}

/// How many streams are open on the node.
final class StreamCount: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add(_ amount: Int) { count.add(amount, ordering: .relaxed) }
}
