/// Two or more keys that are fine alone and wrong together.
struct Contradiction: Sendable {
    /// The mistake is reported at the first of these that was given, else at the first.
    let keys: [String]
    /// It is one for a node that serves, not for a command that reads the same settings.
    var isOfNode = false
    private let problem: @Sendable (ServerSettings) -> String?

    func mistake(in settings: ServerSettings, _ origins: [String: SettingOrigin]) -> SettingMistake? {
        guard let message = problem(settings) else { return nil }
        let key = keys.first { origins[$0] != nil } ?? keys[0]
        return SettingMistake(origin: origins[key] ?? .builtIn, key: key, message: message)
    }

    static let all: [Contradiction] = sizes + times + counts + cluster + [repeatedTokenName, keyHold]

    private static let repeatedTokenName = Contradiction(keys: ["access.admin-tokens"]) { settings in
        var seen: Set<String> = []
        let repeated = settings.access.adminTokens.first { !seen.insert($0.name).inserted }
        return repeated.map { "two tokens are named \($0.name); the name tells in the audit log who did what" }
    }

    private static let sizes: [Contradiction] = [
        Contradiction(keys: ["limits.transaction-size", "journal.size"]) { settings in
            let (transaction, journal) = (settings.limits.transactionSize, settings.journal.size)
            guard transaction > journal / 4 else { return nil }
            return "limits.transaction-size \(SizeText.print(transaction)) exceeds a quarter of journal.size "
                + "\(SizeText.print(journal)); one transaction could fill the journal"
        },
        Contradiction(keys: ["journal.segment", "journal.size"]) { settings in
            let (segment, size) = (settings.journal.segment, settings.journal.size)
            guard segment > size / 4 else { return nil }
            return "journal.size \(SizeText.print(size)) has no room for 4 segments of \(SizeText.print(segment))"
        },
        Contradiction(keys: ["journal.segment"]) { settings in
            settings.journal.segment % 4096 == 0 ? nil : "a segment is a whole number of blocks of 4KiB"
        },
        Contradiction(keys: ["journal.recovery", "journal.segment"]) { settings in
            let (recovery, segment) = (settings.journal.recovery, settings.journal.segment)
            guard recovery < 4 * segment else { return nil }
            return
                "journal.recovery \(SizeText.print(recovery)) is less than 4 segments of \(SizeText.print(segment)); "
                + "checkpoints would never come to an end"
        },
        atMost("journal.recovery", \.journal.recovery, "journal.size", \.journal.size),
        atMost(
            "limits.transaction-size", \.limits.transactionSize, "limits.wal-memory-tenant", \.limits.walMemoryTenant),
        atMost("limits.sql-memory-tenant", \.limits.sqlMemoryTenant, "limits.sql-memory-node", \.limits.sqlMemoryNode),
        atMost("limits.wal-memory-tenant", \.limits.walMemoryTenant, "limits.wal-memory-node", \.limits.walMemoryNode),
        atMost("limits.sql-size", \.limits.sqlSize, "limits.body-size", \.limits.bodySize),
        atMost("limits.body-size", \.limits.bodySize, "limits.body-memory", \.limits.bodyMemory),
        atMost("routing.parked-bytes", \.routing.parkedBytes, "routing.parked-node-bytes", \.routing.parkedNodeBytes),
    ]

    private static let times: [Contradiction] = [
        Contradiction(keys: ["limits.statement-time", "limits.statement-time-max"]) { settings in
            guard settings.limits.statementTime > settings.limits.statementTimeMax else { return nil }
            return "limits.statement-time \(DurationText.print(settings.limits.statementTime)) exceeds "
                + "limits.statement-time-max \(DurationText.print(settings.limits.statementTimeMax))"
        }
    ]

    private static let counts: [Contradiction] = [
        atMost("limits.tenant-queue", \.limits.tenantQueue, "limits.node-queue", \.limits.nodeQueue, { String($0) }),
        atMost(
            "limits.streams-tenant", \.limits.streamsTenant, "limits.streams-node", \.limits.streamsNode, { String($0) }
        ),
    ]

    private static let cluster: [Contradiction] = [
        Contradiction(keys: ["catalog", "cluster.key-file"]) { settings in
            guard case .remote = settings.catalog, settings.cluster.keyFile == nil else { return nil }
            return "a remote catalog needs cluster.key-file, the same secret as on the node that holds the catalog"
        },
        Contradiction(keys: ["cluster.key-file", "node.advertise"], isOfNode: true) { settings in
            guard settings.cluster.keyFile != nil, settings.node.advertise == nil else { return nil }
            return "a node of a cluster needs node.advertise, the address at which other nodes reach it"
        },
    ]

    /// Ten times as long as a router remembers a key without asking again.
    private static let shortestHold = Duration.seconds(36_000)

    private static let keyHold = Contradiction(keys: ["tenants.key-hold", "cluster.key-file"]) { settings in
        guard settings.cluster.keyFile != nil, let hold = settings.tenants.keyHold, hold < shortestHold else {
            return nil
        }
        return "in a cluster, where other nodes remember for up to an hour where a key led, a key is held for at least "
            + DurationText.print(shortestHold)
    }

    private static func atMost(
        _ name: String, _ field: any KeyPath<ServerSettings, Int> & Sendable, _ other: String,
        _ bound: any KeyPath<ServerSettings, Int> & Sendable,
        _ print: @escaping @Sendable (Int) -> String = { SizeText.print($0) }
    ) -> Contradiction {
        Contradiction(keys: [name, other]) { settings in
            guard settings[keyPath: field] > settings[keyPath: bound] else { return nil }
            return "\(name) \(print(settings[keyPath: field])) exceeds \(other) \(print(settings[keyPath: bound]))"
        }
    }
}
