import ControlPlane
import DataPlane
import Journal
import Routing
import Tenants
import Vocabulary

/// The node's numbers. Labels are few and fixed: nothing that a client chooses becomes one.
struct NodeMetrics: Sendable {
    let engine: TenantEngine
    let door: DoorServer
    let cache: PlacementCache
    let moves: MoveMeter
    let relay: ParkingRelay?

    func text() -> String {
        var page = MetricsPage()
        page.family(.gauge, "rowhouse_info", "This build.")
        page.sample(1, ("version", Build.version), ("sqlite", NodeRun.sqlite))
        addTenants(to: &page)
        addJournal(to: &page)
        addDoor(to: &page)
        addCluster(to: &page)
        ProcessFacts.read().add(to: &page)
        return page.text
    }

    private func addTenants(to page: inout MetricsPage) {
        page.counter("rowhouse_commits_total", "Commits of all tenants, the node's own included.", engine.commitCount)
        page.gauge("rowhouse_open_tenants", "Tenants in memory.", engine.openCount)
        page.gauge("rowhouse_tenants", "Tenants with a file on this node.", engine.tenantCount)
        page.gauge(
            "rowhouse_damaged_tenants", "Tenants that are not served because their file is wrong.", engine.damaged.count
        )
        page.counter("rowhouse_compactions_total", "Tenants' files compacted (VACUUM).", engine.compactionCount)
        page.counter(
            "rowhouse_replacements_total", "Tenants' contents replaced by uploaded files.", engine.replacementCount)
        page.counter(
            "rowhouse_replica_pushes_total", "Pushes of replicas' offline writes that were taken.", engine.pushCount)
        let replicas = engine.replicas.usage
        page.gauge("rowhouse_replica_histories", "Tenants that embedded replicas are served from.", replicas.count)
        page.gauge("rowhouse_replica_bytes", "Disk space of these.", Int(replicas.bytes))
        page.gauge("rowhouse_sql_memory_bytes", "Memory of all tenants' SQL.", engine.sqlMemoryBytes)
        page.gauge("rowhouse_streams", "Open streams.", engine.streamCount)
        page.gauge("rowhouse_waiting_works", "Requests waiting for a tenant.", engine.load.waitingWorks)
        page.gauge("rowhouse_memory_bytes", "Page caches and logs of open tenants.", engine.load.memoryBytes)
        page.gauge("rowhouse_wal_bytes", "Logs in memory.", engine.logBytes)
        page.family(.gauge, "rowhouse_lane_queue_length", "Tenants waiting for a lane.")
        for (lane, length) in engine.laneQueueLengths.enumerated() { page.sample(length, ("lane", String(lane))) }
    }

    private func addJournal(to page: inout MetricsPage) {
        let journal = engine.journal
        page.gauge(
            "rowhouse_journal_bytes",
            "Bytes of the journal's segments with records still needed, the one being written included.",
            journal.usedBytes)
        page.gauge("rowhouse_durable_lsn", "Newest durable position in the journal.", journal.durableLSN.rawValue)
        page.gauge("rowhouse_last_lsn", "Newest position given.", journal.lastLSN.rawValue)
        page.gauge(
            "rowhouse_recovery_point", "Position that recovery would start after.", journal.recoveryPoint.rawValue)
        page.gauge("rowhouse_disk_full", "1 while the journal finds no room.", journal.isDiskFull ? 1 : 0)
        page.family(.histogram, "rowhouse_journal_flush_seconds", "Writing and syncing one flush.")
        page.sample(journal.flushDurations.totals)
    }

    private func addDoor(to page: inout MetricsPage) {
        let metrics = door.metrics()
        page.gauge(
            "rowhouse_connections", "Open connections.", metrics.connectionsOpened &- metrics.connectionsClosed)
        page.counter("rowhouse_connections_total", "Connections accepted.", metrics.connectionsOpened)
        page.counter("rowhouse_connections_refused_total", "Connections turned away.", metrics.connectionsRefused)
        page.family(.counter, "rowhouse_requests_total", "Answers by who gave them and HTTP status.")
        for (plane, answers) in [("data", metrics.data), ("control", metrics.control), ("door", metrics.door)] {
            for (status, count) in answers.answers.sorted(by: { $0.key < $1.key }) {
                page.sample(count, ("plane", plane), ("code", status == 0 ? "other" : String(status)))
            }
        }
        page.family(.histogram, "rowhouse_request_seconds", "From the complete request to the beginning of its answer.")
        page.sample(metrics.data.durations, ("plane", "data"))
        page.sample(metrics.control.durations, ("plane", "control"))
        page.counter("rowhouse_received_bytes_total", "Bytes read from clients.", metrics.bytesIn)
        page.counter("rowhouse_sent_bytes_total", "Bytes written to clients.", metrics.bytesOut)
    }

    private func addCluster(to page: inout MetricsPage) {
        page.gauge("rowhouse_cached_placements", "Placements in memory.", cache.count)
        page.family(.counter, "rowhouse_moves_total", "Moves out of this node that ended, and arrivals.")
        for (result, count) in moves.results { page.sample(count, ("result", result)) }
        page.family(.histogram, "rowhouse_move_pause_seconds", "How long writes waited for a move out of this node.")
        page.sample(moves.pauses)
        guard let relay else { return }
        let metrics = relay.metrics
        page.family(.counter, "rowhouse_relayed_requests_total", "Requests sent on to their owner, by what came of it.")
        let outcomes = [
            ("sent", metrics.relayed), ("misdirected", metrics.misdirected), ("repeated", metrics.repeated),
            ("failed", metrics.failed), ("unrecognised", metrics.unrecognised),
        ]
        for (outcome, count) in outcomes { page.sample(count, ("outcome", outcome)) }
        page.counter("rowhouse_relay_connections_total", "Connections opened to other nodes.", metrics.connected)
    }
}
