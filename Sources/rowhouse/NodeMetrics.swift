import DataPlane
import Journal
import Routing
import Tenants
import Vocabulary

/// The node's numbers in Prometheus' text format. Labels are few and fixed.
struct NodeMetrics: Sendable {
    let engine: TenantEngine
    let door: DoorServer
    let cache: PlacementCache

    func text() -> String {
        var page = MetricsPage()
        page.gauge("rowhouse_open_tenants", "Tenants in memory.", engine.openCount)
        page.gauge("rowhouse_tenants", "Tenants with a file on this node.", engine.tenantCount)
        page.gauge(
            "rowhouse_damaged_tenants", "Tenants that are not served because their file is wrong.", engine.damaged.count
        )
        page.gauge("rowhouse_streams", "Open streams.", engine.streamCount)
        page.gauge("rowhouse_waiting_works", "Requests waiting for a tenant.", engine.load.waitingWorks)
        page.gauge("rowhouse_memory_bytes", "Page caches and logs of open tenants.", engine.load.memoryBytes)
        page.gauge("rowhouse_wal_bytes", "Logs in memory.", engine.logBytes)
        page.gauge("rowhouse_journal_bytes", "Journal bytes that recovery would read.", engine.journal.usedBytes)
        page.gauge(
            "rowhouse_durable_lsn", "Newest durable position in the journal.", engine.journal.durableLSN.rawValue)
        page.gauge("rowhouse_last_lsn", "Newest position given.", engine.journal.lastLSN.rawValue)
        page.gauge(
            "rowhouse_recovery_point", "Position that recovery would start after.",
            engine.journal.recoveryPoint.rawValue)
        page.gauge("rowhouse_disk_full", "1 while the journal finds no room.", engine.journal.isDiskFull ? 1 : 0)
        page.gauge("rowhouse_cached_placements", "Placements in memory.", cache.count)
        for (lane, length) in engine.laneQueueLengths.enumerated() {
            page.gauge(
                "rowhouse_lane_queue_length", "Tenants waiting for a lane.", length, label: ("lane", String(lane)))
        }
        addDoor(to: &page)
        return page.text
    }

    private func addDoor(to page: inout MetricsPage) {
        let metrics = door.metrics()
        page.gauge(
            "rowhouse_connections", "Open connections.", metrics.connectionsOpened &- metrics.connectionsClosed)
        page.counter("rowhouse_connections_total", "Connections accepted.", metrics.connectionsOpened)
        page.counter("rowhouse_connections_refused_total", "Connections turned away.", metrics.connectionsRefused)
        for (plane, count) in [
            ("data", metrics.dataPlaneRequests), ("control", metrics.tailRequests),
            ("refused", metrics.refusedRequests),
        ] {
            page.counter("rowhouse_requests_total", "Requests by who answered.", count, label: ("plane", plane))
        }
        page.counter("rowhouse_received_bytes_total", "Bytes read from clients.", metrics.bytesIn)
        page.counter("rowhouse_sent_bytes_total", "Bytes written to clients.", metrics.bytesOut)
    }
}

/// Builds a page of metrics; a name's help and type are written once.
struct MetricsPage {
    private(set) var text = ""
    private var known: Set<String> = []

    mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger, label: (String, String)? = nil) {
        add(name, help, "gauge", String(value), label)
    }

    mutating func counter(_ name: String, _ help: String, _ value: some BinaryInteger, label: (String, String)? = nil) {
        add(name, help, "counter", String(value), label)
    }

    private mutating func add(
        _ name: String, _ help: String, _ type: String, _ value: String, _ label: (String, String)?
    ) {
        if known.insert(name).inserted { text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n" }
        let labels = label.map { "{\($0.0)=\"\($0.1)\"}" } ?? ""
        text += "\(name)\(labels) \(value)\n"
    }
}
