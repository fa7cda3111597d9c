package import Vocabulary

/// Holds a catalog's tables against each other, and changes nothing.
package struct CatalogCheck: Sendable {
    /// Rows that should not be so.
    package struct Finding: Equatable, Sendable {
        /// A stable word.
        package let rule: String
        /// What is wrong with them.
        package let meaning: String
        package let count: Int
        /// Some of them, by what names them.
        package let examples: [String]
    }

    package struct Report: Equatable, Sendable {
        package var schema: Int
        package var identity: Identity?
        package var seal: CatalogSeal?
        package var rows: [(table: String, count: Int)]
        package var findings: [Finding]

        package static func == (a: Report, b: Report) -> Bool {
            a.schema == b.schema && a.identity == b.identity && a.seal == b.seal && a.findings == b.findings
                && a.rows.elementsEqual(b.rows) { $0 == $1 }
        }
    }

    private struct Rule {
        let name: String
        let meaning: String
        /// What names a row; numbers are shown as the ids that they are.
        let id: String
        /// Everything behind FROM.
        let rows: String
    }

    private static let examples = 10

    private static let rules: [Rule] = [
        Rule(
            name: "tenant_without_placement", meaning: "tenants that are nowhere", id: "t.id",
            rows: "tenants t WHERE NOT EXISTS (SELECT 1 FROM placements p WHERE p.tenant = t.id)"),
        Rule(
            name: "placement_without_tenant", meaning: "places of tenants that do not exist", id: "p.tenant",
            rows: "placements p WHERE NOT EXISTS (SELECT 1 FROM tenants t WHERE t.id = p.tenant)"),
        Rule(
            name: "owner_unknown", meaning: "tenants whose owner never registered", id: "p.tenant",
            rows: "placements p WHERE NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = p.owner)"),
        Rule(
            name: "moving_without_move", meaning: "tenants that move by a move that is not recorded", id: "p.tenant",
            rows: "placements p WHERE p.state = 'moving' AND NOT EXISTS (SELECT 1 FROM moves m WHERE m.id = p.move)"),
        Rule(
            name: "stable_with_target", meaning: "tenants that stay and have a target", id: "p.tenant",
            rows: "placements p WHERE p.state = 'stable' AND (p.target IS NOT NULL OR p.move IS NOT NULL)"),
        Rule(
            name: "membership_without_user", meaning: "memberships of users that do not exist", id: "m.user_id",
            rows: "memberships m WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = m.user_id)"),
        Rule(
            name: "session_without_user", meaning: "sessions of users that do not exist", id: "s.id",
            rows: "sessions s WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = s.user_id)"),
        Rule(
            name: "change_log_gap", meaning: "counters of the change log with a gap, or behind their entries",
            id: "g.bucket",
            rows: """
                (SELECT bucket, COUNT(*) AS entries, MIN(seq) AS low, MAX(seq) AS high FROM changes GROUP BY bucket) g
                WHERE g.entries <> g.high - g.low + 1
                OR NOT EXISTS (SELECT 1 FROM change_counters c WHERE c.bucket = g.bucket AND c.seq = g.high)
                """),
    ]

    private let driver: any CatalogDriver

    package init(_ driver: any CatalogDriver) { self.driver = driver }

    /// Each rule is one transaction: on a catalog that is in use, all see what stands at their own time.
    ///
    /// - Throws: `CatalogError`; `.newerSchema`, `.olderSchema` for a catalog that this program does not know.
    package func run() async throws(CatalogError) -> Report {
        try await CatalogSchema.verify(driver)
        var report = Report(
            schema: CatalogSchema.current, identity: try await CatalogIdentity.read(driver),
            seal: try await CatalogSeal.read(driver), rows: [], findings: [])
        for table in CatalogTables.copied {
            report.rows.append((table.name, try await count("SELECT COUNT(*) FROM \(table.name)")))
        }
        for rule in Self.rules {
            if let finding = try await find(rule) { report.findings.append(finding) }
        }
        let counters = try await count("SELECT COUNT(*) FROM change_counters")
        if counters != ChangeLog.buckets {
            report.findings.append(
                Finding(
                    rule: "change_counters",
                    meaning: "counters of the change log, of which there should be \(ChangeLog.buckets)",
                    count: counters, examples: []))
        }
        return report
    }

    private func find(_ rule: Rule) async throws(CatalogError) -> Finding? {
        let results = try await driver.run(
            CatalogTransaction(
                .read,
                [
                    CatalogStatement("SELECT COUNT(*) FROM \(rule.rows)", expect: .rows(1)),
                    CatalogStatement("SELECT \(rule.id) FROM \(rule.rows) ORDER BY 1 LIMIT \(Self.examples)"),
                ], isLong: true))
        var reader = RowReader(rule.name, results[0].rows[0])
        let count = Int(try reader.integer())
        guard count > 0 else { return nil }
        let examples = results[1].rows.map { row in
            switch row.first {
            case .integer(let number)?: TenantID(UInt64(bitPattern: number)).description
            case .text(let text)?: text
            default: ""
            }
        }
        return Finding(rule: rule.name, meaning: rule.meaning, count: count, examples: examples)
    }

    private func count(_ sql: String) async throws(CatalogError) -> Int {
        let found = try await driver.run(
            CatalogTransaction(.read, [CatalogStatement(sql, expect: .rows(1))], isLong: true))
        var reader = RowReader("counts", found[0].rows[0])
        return Int(try reader.integer())
    }
}
