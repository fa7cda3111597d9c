package import Vocabulary

/// What a node last said of its room and its tenants' loads. The catalog keeps the bytes; who plans reads them.
package struct NodeReportRow: Equatable, Sendable {
    package var node: NodeID
    package var reported: WallTime
    package var report: [UInt8]

    init(_ row: [CatalogValue]) throws(CatalogError) {
        var reader = RowReader("node_reports", row)
        node = try reader.node()
        reported = try reader.time()
        report = try reader.blob()
    }
}

/// One row a node, written over with each report.
package struct NodeReportRows: Sendable {
    /// Of one report.
    package static let bytes = 256 << 10

    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// Replaces the node's report, as long as the process that it is of is the node.
    ///
    /// - Throws: `CatalogError`.
    package func put(
        _ report: [UInt8], from node: NodeID, incarnation: UInt64, at now: WallTime
    ) async throws(CatalogError) {
        guard report.count <= Self.bytes else { throw .refused("a report of \(report.count) bytes") }
        var plan = CatalogPlan()
        plan.isUnnoted = true
        plan.add(
            """
            INSERT INTO node_reports (node, incarnation, reported, report)
            SELECT ?1, ?2, ?3, ?4 FROM nodes WHERE id = ?1 AND incarnation = ?2
            ON CONFLICT (node) DO UPDATE SET incarnation = excluded.incarnation, reported = excluded.reported,
            report = excluded.report
            """, [.node(node), .bits(incarnation), .time(now), .blob(report)])
        _ = try await store.write(plan, at: now)
    }

    /// - Throws: `CatalogError`.
    package func find(_ node: NodeID) async throws(CatalogError) -> NodeReportRow? {
        var plan = CatalogPlan()
        plan.add("SELECT node, reported, report FROM node_reports WHERE node = ?1", [.node(node)])
        return try await store.read(plan)[0].rows.first.map { row throws(CatalogError) in try NodeReportRow(row) }
    }

    /// All nodes' by name; at most 1,000.
    ///
    /// - Throws: `CatalogError`.
    package func list() async throws(CatalogError) -> [NodeReportRow] {
        var plan = CatalogPlan()
        plan.add("SELECT node, reported, report FROM node_reports ORDER BY node LIMIT 1000")
        var rows: [NodeReportRow] = []
        for row in try await store.read(plan)[0].rows { rows.append(try NodeReportRow(row)) }
        return rows
    }
}
