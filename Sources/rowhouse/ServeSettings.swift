import Access
import Catalog
import DataPlane
import Foundation
import Journal
import NIOCore
import Settings
import Tenants

/// From what was configured to what each room asks for.
enum ServeSettings {
    static func engine(
        _ settings: ServerSettings, directory: String, journal: String, descriptors: DescriptorPlan
    ) -> EngineSettings {
        let limits = settings.limits
        var engine = EngineSettings(directory: directory)
        engine.journalDirectory = journal
        engine.lanes = limits.lanes.resolved(cores: cores)
        engine.slowStatements = limits.slowStatements
        engine.readersPerTenant = limits.readersTenant
        engine.tenantQueue = limits.tenantQueue
        engine.nodeQueue = limits.nodeQueue
        engine.openTenants = limits.openTenants
        engine.openMemory = limits.openMemory
        engine.descriptors = descriptors.files
        engine.statementCache = limits.statementCache
        engine.streamsPerTenant = limits.streamsTenant
        engine.streamsPerNode = limits.streamsNode
        engine.transactionBytes = limits.transactionSize
        engine.temporaryBytes = Int64(limits.tempSize)
        engine.databasePages = UInt32(clamping: limits.databaseSize / 4096)
        engine.sqlBytes = Int32(clamping: limits.sqlSize)
        engine.sqlMemoryPerTenant = limits.sqlMemoryTenant
        engine.sqlMemoryPerNode = limits.sqlMemoryNode
        engine.logPerTenant = limits.walMemoryTenant
        engine.logPerNode = limits.walMemoryNode
        engine.streamIdle = settings.streams.idle.nanoseconds
        engine.transactionIdle = settings.streams.transactionIdle.nanoseconds
        engine.transactionWait = settings.streams.transactionWait.nanoseconds
        engine.replicaBytes = Int64(settings.replicas.disk)
        engine.pushBytes = Int64(settings.replicas.push)
        engine.replicaKeep = settings.replicas.keep.nanoseconds
        engine.journalHoldback = settings.journal.holdback.nanoseconds
        engine.recoveryBytes = Int64(settings.journal.recovery)
        return engine
    }

    static func journal(_ settings: ServerSettings) -> JournalOptions {
        var options = JournalOptions()
        options.segmentBytes = settings.journal.segment
        options.journalBytes = settings.journal.size
        options.bufferBytes = settings.journal.buffer
        options.transactionBytes = settings.limits.transactionSize
        options.flushPause = settings.journal.flushPause.nanoseconds
        return options
    }

    static func door(_ settings: ServerSettings, descriptors: DescriptorPlan) -> DoorLimits {
        let limits = settings.limits
        var door = DoorLimits()
        door.head = limits.headSize
        door.body = limits.bodySize
        door.bodiesInMemory = limits.bodyMemory
        door.pipelined = limits.pipelinedRequests
        door.connections = descriptors.connections
        door.idle = .nanoseconds(Int64(limits.idleConnection.nanoseconds))
        door.headTime = .nanoseconds(Int64(limits.headTime.nanoseconds))
        door.bodyTime = .nanoseconds(Int64(limits.bodyTime.nanoseconds))
        door.socketIdle = .nanoseconds(Int64(limits.socketIdle.nanoseconds))
        return door
    }

    /// Those that this process may run on, which may be fewer than there are.
    static var cores: Int {
        let status = FileManager.default.contents(atPath: "/proc/self/status") ?? Data()
        let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
        // A mask in hexadecimal digits, in groups.
        let mask = lines.first { $0.hasPrefix("Cpus_allowed:") }?.dropFirst("Cpus_allowed:".count)
        let count = mask?.reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) } ?? 0
        return count > 0 ? count : max(1, ProcessInfo.processInfo.activeProcessorCount)
    }

    /// Milliseconds. On a node that stands alone nobody else remembers where a key led, and it forgets before it answers.
    static func keyHold(_ settings: ServerSettings) -> Int64 {
        if let given = settings.tenants.keyHold { return Int64(clamping: given.nanoseconds / 1_000_000) }
        return settings.cluster.keyFile == nil ? 0 : TenantRows.defaultKeyHold
    }

    static func adminTokens(_ settings: ServerSettings) throws -> AdminTokens {
        try AdminTokens(
            settings.access.adminTokens.map { token in
                try AdminToken(
                    name: token.name, sha256: token.sha256,
                    scopes: token.scopes.map(\.rawValue))
            })
    }
}

extension Duration {
    /// Saturates; settings are never negative.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product &+ UInt64(clamping: attoseconds / 1_000_000_000)
    }
}
