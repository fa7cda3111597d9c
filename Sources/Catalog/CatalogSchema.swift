package import Vocabulary

/// Brings a catalog's tables to the form that this program knows. Forward only.
package enum CatalogSchema {
    /// Every migration ever released, in order; its number is its place, from 1. One that was released never changes.
    static let migrations: [@Sendable (CatalogDialect) -> [String]] = [
        FirstMigration.statements, SecondMigration.statements, ThirdMigration.statements,
        FourthMigration.statements, FifthMigration.statements, SixthMigration.statements,
        SeventhMigration.statements, EighthMigration.statements, NinthMigration.statements,
        TenthMigration.statements, EleventhMigration.statements,
    ]

    package static var current: Int { migrations.count }

    /// Run at start by the process that holds the catalog, before anything else. Safe to run by several at once: each
    /// migration is one transaction, and whoever comes second finds it done.
    ///
    /// - Throws: `CatalogError.newerSchema` where a newer program has been here, and what the driver throws.
    package static func migrate(
        _ driver: any CatalogDriver, dialect: CatalogDialect, at now: WallTime
    ) async throws(CatalogError) {
        _ = try await driver.run(CatalogTransaction(.schema, [versionTable]))
        while true {
            let found = try await version(driver)
            guard found <= current else { throw .newerSchema(found: found, known: current) }
            if found == current { return }
            try await step(to: found + 1, on: driver, dialect: dialect, at: now)
        }
    }

    /// For a process that uses a catalog which another one holds.
    ///
    /// - Throws: `CatalogError.newerSchema`, `.olderSchema`, and what the driver throws.
    package static func verify(_ driver: any CatalogDriver) async throws(CatalogError) {
        let found = try await version(driver)
        guard found <= current else { throw .newerSchema(found: found, known: current) }
        guard found == current else { throw .olderSchema(found: found, needed: current) }
    }

    private static let versionTable = CatalogStatement(
        "CREATE TABLE IF NOT EXISTS catalog_schema (version BIGINT NOT NULL PRIMARY KEY, applied BIGINT NOT NULL)")

    private static func version(_ driver: any CatalogDriver) async throws(CatalogError) -> Int {
        let newest = CatalogStatement("SELECT version FROM catalog_schema ORDER BY version DESC LIMIT 1")
        let found = try await driver.run(CatalogTransaction(.read, [newest]))
        guard let row = found.first?.rows.first else { return 0 }
        var reader = RowReader("catalog_schema", row)
        return Int(try reader.integer())
    }

    private static func step(
        to version: Int, on driver: any CatalogDriver, dialect: CatalogDialect, at now: WallTime
    ) async throws(CatalogError) {
        var plan = CatalogPlan()
        let done = plan.add(
            "SELECT version FROM catalog_schema WHERE version >= ?1", [.integer(Int64(version))], expect: .rows(0))
        plan.add(
            "INSERT INTO catalog_schema (version, applied) VALUES (?1, ?2)", [.integer(Int64(version)), .time(now)])
        for statement in migrations[version - 1](dialect) { plan.add(statement) }
        do {
            _ = try await driver.run(CatalogTransaction(.schema, plan.statements, isLong: true))
        } catch .guardFailed(done, _) {
            return
        } catch .conflict {
            return
        }
    }
}
