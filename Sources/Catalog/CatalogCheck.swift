package import Vocabulary

/// Holds a catalog's tables against each other, and changes nothing. What lies on nodes' disks it does not see.
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

    private static let examples = 10

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
        for rule in CatalogRule.all {
            if let finding = try await find(rule) { report.findings.append(finding) }
        }
        for (table, name, wanted) in [
            ("change_counters", "change log", ChangeLog.buckets),
            ("user_change_counters", "log of users' changes", UserChangeLog.buckets),
        ] {
            let counters = try await count("SELECT COUNT(*) FROM \(table)")
            guard counters != wanted else { continue }
            report.findings.append(
                Finding(
                    rule: table, meaning: "counters of the \(name), of which there should be \(wanted)",
                    count: counters, examples: []))
        }
        return report
    }

    private func find(_ rule: CatalogRule) async throws(CatalogError) -> Finding? {
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
