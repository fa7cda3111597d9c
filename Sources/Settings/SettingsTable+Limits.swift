extension SettingsTable {
    private static let KiB = 1 << 10
    private static let MiB = 1 << 20
    private static let GiB = 1 << 30
    private static let TiB = 1 << 40

    static let limits: [Setting] =
        requestLimits + databaseLimits + tenantLimits + memoryLimits + queueLimits + connectionLimits

    private static let requestLimits: [Setting] = [
        Setting("limits.body-size", \.limits.bodySize, .size(KiB...GiB), "Largest request body."),
        Setting("limits.head-size", \.limits.headSize, .size(KiB...MiB), "Largest request line and headers."),
        Setting(
            "limits.upload-size", \.limits.uploadSize, .size(KiB...16 * TiB),
            "Largest file that may be uploaded in a tenant's place."),
        Setting(
            "limits.uploads", \.limits.uploads, .count(1...1024),
            "Files that may be uploaded at once, one for each tenant."),
        Setting(
            "limits.body-memory", \.limits.bodyMemory, .size(MiB...TiB),
            "Request bodies that the node holds in memory, all together."),
        Setting(
            "limits.result-size", \.limits.resultSize, .size(KiB...GiB),
            "Largest result of one statement; cursors stream beyond it."),
        Setting("limits.sql-size", \.limits.sqlSize, .size(KiB...512 * MiB), "Longest SQL text."),
        Setting(
            "limits.statement-time", \.limits.statementTime, .duration(.milliseconds(10) ... .seconds(86_400)),
            "How long a statement may run when the request does not say."),
        Setting(
            "limits.statement-time-max", \.limits.statementTimeMax, .duration(.milliseconds(10) ... .seconds(86_400)),
            "How long a request may ask a statement to run."),
    ]

    private static let databaseLimits: [Setting] = [
        Setting(
            "limits.transaction-size", \.limits.transactionSize, .size(MiB...256 * GiB),
            "Largest transaction; at most a quarter of journal.size."),
        Setting("limits.temp-size", \.limits.tempSize, .size(MiB...TiB), "Temporary files of one tenant."),
        Setting(
            "limits.database-size", \.limits.databaseSize, .size(MiB...16 * TiB, zeroMeans: "no limit"),
            "Largest database of one tenant."),
        Setting(
            "limits.statement-cache", \.limits.statementCache, .count(0...10_000),
            "Prepared statements kept by one connection."),
    ]

    private static let tenantLimits: [Setting] = [
        Setting(
            "limits.tenants", \.limits.tenants, .count(0...1_000_000_000),
            "Tenants on this node, beyond which it makes no more; with 0 there is no limit."),
        Setting(
            "limits.creates-caller", \.limits.createsCaller, .count(0...1_000_000),
            "Tenants that one caller may have made by first use, or by signing up without a credential, in a minute; with 0 none are."
        ),
        Setting(
            "limits.creates-node", \.limits.createsNode, .count(0...1_000_000),
            "The same for all callers of a node together."),
    ]

    private static let memoryLimits: [Setting] = [
        Setting(
            "limits.open-tenants", \.limits.openTenants, .count(8...10_000_000),
            "Tenants kept open; the longest unused is closed for the next."),
        Setting(
            "limits.open-memory", \.limits.openMemory, .size(16 * MiB...TiB),
            "Memory of open tenants' connections, beyond which unused ones are closed."),
        Setting(
            "limits.sql-memory-tenant", \.limits.sqlMemoryTenant, .size(8 * MiB...TiB),
            "Memory of one tenant's SQL: caches, schemas, and what running statements hold."),
        Setting(
            "limits.sql-memory-node", \.limits.sqlMemoryNode, .size(16 * MiB...TiB),
            "The same for all tenants together."),
        Setting(
            "limits.wal-memory-tenant", \.limits.walMemoryTenant, .size(MiB...256 * GiB),
            "Memory of one tenant for commits that are not in its file yet; holds its largest transaction."),
        Setting(
            "limits.wal-memory-node", \.limits.walMemoryNode, .size(16 * MiB...TiB),
            "The same for all tenants together."),
        Setting(
            "limits.lanes", \.limits.lanes, .lanes,
            "Threads that run SQL."),
        Setting(
            "limits.slow-statements", \.limits.slowStatements, .count(0...1024),
            "Long statements that may keep a thread of their own, so that others need not wait for them."),
        Setting(
            "limits.readers-tenant", \.limits.readersTenant, .count(0...1024),
            "Of these, reads of one tenant beside which the tenant goes on; with 0 they hold its other statements up."),
    ]

    private static let queueLimits: [Setting] = [
        Setting(
            "limits.tenant-queue", \.limits.tenantQueue, .count(1...1_000_000),
            "Requests of one tenant that may wait; beyond it they are answered busy."),
        Setting(
            "limits.node-queue", \.limits.nodeQueue, .count(1...10_000_000),
            "Requests of all tenants that may wait."),
        Setting(
            "limits.streams-tenant", \.limits.streamsTenant, .count(1...1_000_000), "Open streams of one tenant."),
        Setting("limits.streams-node", \.limits.streamsNode, .count(1...10_000_000), "Open streams of all tenants."),
    ]

    private static let connectionLimits: [Setting] = [
        Setting(
            "limits.connections", \.limits.connections, .count(1...1_000_000),
            "Open client connections; fewer where the process may not open that many files."),
        Setting(
            "limits.pipelined-requests", \.limits.pipelinedRequests, .count(1...10_000),
            "Requests of one connection that may be under way at once."),
        Setting(
            "limits.idle-connection", \.limits.idleConnection, .duration(.seconds(1) ... .seconds(86_400)),
            "A connection without a request is closed after this."),
        Setting(
            "limits.head-time", \.limits.headTime, .duration(.milliseconds(100) ... .seconds(3600)),
            "How long a client may take to send a request's headers."),
        Setting(
            "limits.body-time", \.limits.bodyTime, .duration(.seconds(1) ... .seconds(86_400)),
            "How long a client may take to send a request's body, or a message on a WebSocket."),
        Setting(
            "limits.sockets-tenant", \.limits.socketsTenant, .count(1...1_000_000),
            "WebSockets of one tenant that may be open on the node."),
        Setting(
            "limits.socket-streams", \.limits.socketStreams, .count(1...10_000),
            "Streams that may be open on one WebSocket."),
        Setting(
            "limits.socket-requests", \.limits.socketRequests, .count(1...10_000),
            "Requests of one WebSocket that may be under way at once; beyond it the client is not read."),
        Setting(
            "limits.socket-idle", \.limits.socketIdle, .duration(.seconds(1) ... .seconds(30 * 86_400)),
            "A WebSocket without a request is closed after this."),
    ]
}
