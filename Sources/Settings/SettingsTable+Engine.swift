extension SettingsTable {
    private static let KiB = 1 << 10
    private static let MiB = 1 << 20
    private static let GiB = 1 << 30
    private static let TiB = 1 << 40

    static let journal: [Setting] = [
        Setting(
            "journal.directory", \.journal.directory, .optional(.path), example: "/var/lib/rowhouse/journal",
            "Where the journal's segments lie; if not set, in journal inside node.data."),
        Setting(
            "journal.size", \.journal.size, .size(64 * MiB...TiB), "Disk space for all segments together."),
        Setting(
            "journal.segment", \.journal.segment, .size(4 * MiB...GiB), "Size of one segment file; a multiple of 4KiB."),
        Setting(
            "journal.recovery", \.journal.recovery, .size(MiB...TiB),
            "Journal to read again after a crash at most; checkpoints keep to it."),
        Setting(
            "journal.flush-pause", \.journal.flushPause, .duration(.zero ... .milliseconds(10)),
            "How long a flush under load waits for more commits to share it."),
        Setting(
            "journal.holdback", \.journal.holdback, .duration(.seconds(1) ... .seconds(3600)),
            "How long one tenant may keep the oldest segment from being used again."),
        Setting(
            "journal.buffer", \.journal.buffer, .size(MiB...16 * GiB),
            "Records that may wait in memory for the disk; beyond it writers wait."),
    ]

    static let streams: [Setting] = [
        Setting(
            "streams.idle", \.streams.idle, .duration(.seconds(1) ... .seconds(86_400)),
            "An unused stream ends after this."),
        Setting(
            "streams.transaction-idle", \.streams.transactionIdle, .duration(.milliseconds(100) ... .seconds(3600)),
            "An unused stream inside a transaction ends, and its transaction is rolled back, after this."),
        Setting(
            "streams.transaction-wait", \.streams.transactionWait, .duration(.milliseconds(100) ... .seconds(3600)),
            "A transaction older than this is rolled back when another writer waits for it."),
    ]

    static let tenants: [Setting] = [
        Setting(
            "tenants.recovery", \.tenants.recovery, .duration(.zero ... .seconds(3650 * 86_400)),
            "How long a deleted tenant can be brought back, at least."),
        Setting(
            "tenants.key-hold", \.tenants.keyHold, .optional(.duration(.zero ... .seconds(3650 * 86_400))),
            example: "24h",
            "How long a key that a rename or a purge has freed is kept from other tenants; if not set, not at all on a node "
                + "that stands alone, a day in a cluster."),
    ]

    static let replicas: [Setting] = [
        Setting(
            "replicas.disk", \.replicas.disk, .size(MiB...64 * TiB, zeroMeans: "no embedded replicas"),
            "Disk space for what embedded replicas are served from, all tenants together."),
        Setting(
            "replicas.push", \.replicas.push, .size(64 * KiB...4 * GiB, zeroMeans: "no pushes of offline writes"),
            "What one push of an embedded replica's offline writes may have; four times that of all whose end is awaited."
        ),
        Setting(
            "replicas.keep", \.replicas.keep, .duration(.seconds(60) ... .seconds(3650 * 86_400)),
            "How long that is kept for a tenant whose replicas do not come; then they get the whole tenant once more."),
    ]

    static let routing: [Setting] = [
        Setting(
            "routing.cache", \.routing.cache, .count(100...100_000_000),
            "Tenants whose place is kept in memory."),
        Setting(
            "routing.parked-requests", \.routing.parkedRequests, .count(0...1_000_000),
            "Requests of one tenant that may wait while it moves."),
        Setting(
            "routing.parked-bytes", \.routing.parkedBytes, .size(0...16 * GiB),
            "Bytes of those requests."),
        Setting(
            "routing.parked-node-bytes", \.routing.parkedNodeBytes, .size(0...64 * GiB),
            "Bytes of requests that wait for moving tenants, all together."),
        Setting(
            "routing.park-time", \.routing.parkTime, .duration(.zero ... .seconds(300)),
            "How long a request waits for a moving tenant before it is refused."),
    ]

    static let compat: [Setting] = [
        Setting(
            "compat.x-namespace", \.compat.namespaceHeader, .boolean,
            "Whether the header x-namespace names a tenant, as with sqld.")
    ]
}
