/// The bounds of the engine. Every queue, cache and wait has its number here.
package struct EngineSettings: Sendable {
    /// Absolute; the folders below it are the engine's own.
    package var directory: String
    /// Absolute; nil for `journal` in the directory.
    package var journalDirectory: String?
    package var lanes = 2
    /// Statements that may keep a thread of their own beside the lanes.
    package var slowStatements = 16
    /// Slow reads of one tenant that may run aside, while the tenant goes on; 0 is none.
    package var readersPerTenant = 4
    /// Nanoseconds for which one more slow read may hold its tenant up until it is ended.
    package var readerPatience: UInt64 = 1_000_000_000
    /// Nanoseconds without a slow read after which a tenant's connections for such are closed.
    package var readerIdle: UInt64 = 10_000_000_000
    /// Works that may wait for one tenant.
    package var tenantQueue = 256
    /// Works that may wait on the node.
    package var nodeQueue = 10_000
    package var openTenants = 50_000
    /// Bytes that open tenants' page caches and logs may take together.
    package var openMemory = 2 << 30
    package var descriptors = 4_096
    package var statementCache = 32
    package var streamsPerTenant = 128
    package var streamsPerNode = 10_000
    package var transactionBytes = 256 << 20
    package var temporaryBytes: Int64 = 256 << 20
    /// Pages that one database may have; 0 is no bound but SQLite's.
    package var databasePages: UInt32 = 0
    package var sqlBytes: Int32 = 1 << 20
    /// Pages that one commit may cut off the database with its checksum going on; beyond that it is computed from the file.
    package var removedPages: UInt32 = 8_192
    /// Of one value or row.
    package var valueBytes: Int32 = 32 << 20
    /// Bytes that SQLite may allocate for one tenant: page caches, schemas, statements and what these hold while they run …
    package var sqlMemoryPerTenant = 256 << 20
    /// … and for all of them.
    package var sqlMemoryPerNode = 4 << 30
    package var logPerTenant = 512 << 20
    package var logPerNode = 4 << 30
    /// Pages of 4 KiB that a connection may cache.
    package var cachePages: Int32 = 250
    /// Nanoseconds after which a stream without a transaction is forgotten.
    package var streamIdle: UInt64 = 600_000_000_000
    /// Nanoseconds after which an idle transaction is rolled back.
    package var transactionIdle: UInt64 = 10_000_000_000
    /// Nanoseconds after which a statement whose rows nobody takes is ended.
    package var cursorIdle: UInt64 = 30_000_000_000
    /// Nanoseconds after which a transaction that others wait for is rolled back.
    package var transactionWait: UInt64 = 5_000_000_000
    /// Log bytes of one tenant that ask for a checkpoint.
    package var checkpointLogBytes = 4 << 20
    /// Nanoseconds for which a tenant's readers may keep a journal segment from being used again.
    package var journalHoldback: UInt64 = 30_000_000_000
    /// Journal bytes that recovery may have to read.
    package var recoveryBytes: Int64 = 1 << 30
    /// Nanoseconds between two looks of the checkpointer where nothing asks for it.
    package var checkpointPause: UInt64 = 200_000_000
    /// Nanoseconds between two looks of the clock at streams, waiting works and bounds.
    package var keeperPause: UInt64 = 100_000_000
    /// Bytes of all that is kept on the disk for tenants' replicas; 0 is no replicas.
    package var replicaBytes: Int64 = 16 << 30
    /// Bytes of changes after which replicas begin anew, where the tenant itself is not larger.
    package var replicaLogBytes: Int64 = 16 << 20
    /// Nanoseconds for which that is kept when nobody asks for it.
    package var replicaKeep: UInt64 = 604_800_000_000_000
    /// Bytes of frames that one push of a replica's offline writes may have; 0 is no pushes.
    package var pushBytes: Int64 = 64 << 20
    /// Rows of the node state written in one transaction.
    package var stateBatch = 1_000

    package init(directory: String) { self.directory = directory }
}
