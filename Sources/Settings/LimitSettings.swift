/// What one request, tenant, connection and node may use. Sizes are bytes.
package struct LimitSettings: Sendable, Equatable {
    package var bodySize = 32 << 20
    package var headSize = 64 << 10
    /// A file that is to take a tenant's place.
    package var uploadSize = 16 << 30
    package var uploads = 8
    /// Bodies that the whole node holds in memory at once.
    package var bodyMemory = 1 << 30
    package var resultSize = 10 << 20
    package var sqlSize = 1 << 20
    package var statementTime = Duration.seconds(30)
    package var statementTimeMax = Duration.seconds(300)

    package var transactionSize = 256 << 20
    package var tempSize = 256 << 20
    /// 0: no limit.
    package var databaseSize = 0
    package var statementCache = 32
    /// 0: no limit.
    package var tenants = 0
    package var createsCaller = 6_000
    package var createsNode = 30_000

    package var openTenants = 50_000
    package var openMemory = 2 << 30
    package var sqlMemoryTenant = 256 << 20
    package var sqlMemoryNode = 4 << 30
    package var walMemoryTenant = 512 << 20
    package var walMemoryNode = 4 << 30
    package var lanes = LaneCount.automatic
    package var slowStatements = 16
    package var readersTenant = 4

    package var tenantQueue = 256
    package var nodeQueue = 10_000
    package var streamsTenant = 128
    package var streamsNode = 10_000

    package var connections = 10_000
    package var pipelinedRequests = 32
    package var idleConnection = Duration.seconds(300)
    /// From the first byte of a request to the end of its head.
    package var headTime = Duration.seconds(10)
    /// From the end of the head to the end of the body.
    package var bodyTime = Duration.seconds(120)
    package var socketsTenant = 5_000
    package var socketStreams = 128
    package var socketRequests = 128
    package var socketIdle = Duration.seconds(3600)
}

/// How many threads run SQLite.
package enum LaneCount: Sendable, Equatable {
    /// One for each core.
    case automatic
    case exactly(Int)

    /// The number on a machine with `cores` cores; at least 1.
    package func resolved(cores: Int) -> Int {
        switch self {
        case .automatic: max(1, cores)
        case .exactly(let count): count
        }
    }
}
