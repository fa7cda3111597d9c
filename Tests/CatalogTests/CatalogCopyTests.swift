import CSQLite
import Catalog
import Processes
import Seams
import Synchronization
import Testing
import Vocabulary

@Suite struct CatalogCopyTests {
    @Test func `the tables are those that the migrations make, to the last column and key`() async throws {
        let driver = SQLiteCatalogDriver()
        try await CatalogSchema.migrate(driver, dialect: .sqlite, at: .hours(0))
        let named = try await Self.read(driver, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        let names = named.map { Self.text($0[0]) }.filter { !["catalog_schema", "catalog_identity"].contains($0) }
        #expect(CatalogTables.copied.map(\.name).sorted() == names)
        for table in CatalogTables.copied {
            let columns = try await Self.read(
                driver, "SELECT name, pk FROM pragma_table_info('\(table.name)') ORDER BY cid")
            #expect(table.columns == columns.map { Self.text($0[0]) }, "\(table.name)")
            let key = columns.filter { $0[1] != .integer(0) }.sorted { "\($0[1])" < "\($1[1])" }
            #expect(table.key == key.map { Self.text($0[0]) } && !key.isEmpty, "\(table.name)")
            let rows = try await Self.read(driver, "SELECT COUNT(*) FROM \(table.name)")
            #expect(table.isSeeded == (rows != [[.integer(0)]]), "\(table.name)")
        }
    }

    @Test func `a copy has all rows, the identity, and the source takes nothing more`() async throws {
        let (source, identity) = try await Self.filled()
        let target = try await Self.empty()
        let sums = try #require(try await Self.copy(source, target).run(now: .hours(2)) { _ in })
        #expect(sums.map(\.table) == CatalogTables.copied.map(\.name))
        #expect(sums.first { $0.table == "tenants" }?.sum.rows == 900)
        #expect(sums.allSatisfy { $0.table == "revoked_tokens" || $0.sum.rows > 0 || !Self.fills.contains($0.table) })
        #expect(try await CatalogIdentity.read(target) == identity)
        #expect(try await CatalogSeal.read(target) == nil)
        #expect(try await CatalogSeal.read(source) == .moved(to: "target"))
        let late = NewTenant(key: key("late"))
        let refused = await failure { () throws(CatalogError) in
            try await TenantRows(.over(source, seed: 77)).create(late, on: node("n1"), at: .hours(2))
        }
        #expect(refused == .unavailable(CatalogSeal.moved(to: "target").description))
        _ = try await TenantRows(.over(target, seed: 78)).create(late, on: node("n1"), at: .hours(2))
        // Again: it is done.
        #expect(try await Self.copy(source, target).run(now: .hours(3)) { _ in } == nil)
    }

    @Test func `a copy that is cut short at any step goes on, and ends the same`() async throws {
        for point in stride(from: 0, to: 300, by: 3) {
            let (source, identity) = try await Self.filled(tenants: 24)
            let target = try await Self.empty()
            let faulty = FaultyDriver(target)
            faulty.plan(point % 2 == 0 ? .loseRequest : .loseAnswer, ahead: point)
            // Gives up at once, as when it is killed.
            let first = Self.copy(source, faulty, page: 9, sleep: { _ in throw CancellationError() })
            let isWhole = (try? await first.run(now: .hours(2)) { _ in }) != nil
            if !isWhole { _ = try await Self.copy(source, target, page: 9).run(now: .hours(2)) { _ in } }
            #expect(try await CatalogIdentity.read(target) == identity, "point \(point)")
            #expect(try await CatalogSeal.read(target) == nil)
            #expect(try await TenantRows(.over(target)).list(limit: 1000).count == 24)
            if isWhole, point > 40 { return }
        }
        Issue.record("it never came to an end")
    }

    @Test func `what is not empty, or half another's, is not copied over`() async throws {
        let (source, _) = try await Self.filled(tenants: 1)
        let (other, _) = try await Self.filled(tenants: 1)
        await #expect(throws: CopyError.notEmpty("target", "it is a catalog already")) {
            try await Self.copy(source, other).plan()
        }
        let half = try await Self.empty()
        _ = try await half.run(
            CatalogTransaction(.schema, [CatalogStatement("INSERT INTO replica_generations VALUES (1, 1)")]))
        await #expect(throws: CopyError.notEmpty("target", "table replica_generations has rows")) {
            try await Self.copy(source, half).plan()
        }
        await #expect(throws: CopyError.noSource("source")) {
            try await Self.copy(try await Self.empty(), try await Self.empty()).plan()
        }
        #expect(try await CatalogSeal.read(source) == nil, "plans change nothing")
    }

    @Test func `a table that differs is told`() async throws {
        let (source, _) = try await Self.filled(tenants: 3)
        let target = try await Self.empty()
        // As if a row had been lost on its way.
        let lossy = TamperingDriver(base: target)
        await #expect(throws: CopyError.self) {
            try await Self.copy(source, lossy).run(now: .hours(2)) { _ in }
        }
        #expect(try await CatalogIdentity.read(target) == nil)
    }

    @Test func `a node that begins on the target after the look keeps its catalog`() async throws {
        let (source, _) = try await Self.filled(tenants: 3)
        let target = try await Self.empty()
        let busy = MeddlingDriver(base: target, before: "DELETE FROM change_counters") {
            () async throws(CatalogError) in
            _ = try await CatalogIdentity.establish(target, random: SystemRandom())
            _ = try await NodeRows(.over(target, seed: 5)).register(.init(id: node("n9"), address: ""), at: .hours(2))
        }
        await #expect(throws: CopyError.notEmpty("target", "a node has begun to use it")) {
            try await Self.copy(source, busy).run(now: .hours(2)) { _ in }
        }
        #expect(try await CatalogIdentity.read(target) != nil)
        #expect(try await CatalogSeal.read(target) == nil)
        #expect(try await Self.read(target, "SELECT COUNT(*) FROM change_counters") != [[.integer(0)]])
        #expect(try await CatalogSeal.read(source) == nil, "the source is still a catalog")
    }

    @Test func `a source that is reopened before the end is not doubled`() async throws {
        let (source, _) = try await Self.filled(tenants: 3)
        let target = try await Self.empty()
        let busy = MeddlingDriver(base: target, before: "DELETE FROM catalog_identity") {
            () async throws(CatalogError) in
            Issue.record("the copy was made the catalog")
        }
        let reopened = MeddlingDriver(base: source, before: "SELECT id, principal") {
            () async throws(CatalogError) in
            #expect(try await CatalogSeal.lift(source, sleep: { _ in }))
        }
        await #expect(throws: CopyError.reopened("source")) {
            try await Self.copy(reopened, busy).run(now: .hours(2)) { _ in }
        }
        #expect(try await CatalogIdentity.read(target) == nil)
        #expect(try await !CatalogSeal.lift(source, sleep: { _ in }))
    }

    @Test func `a seal whose answer is lost is one`() async throws {
        for fault in [FaultyDriver.Fault.loseAnswer, .loseRequest] {
            let (source, identity) = try await Self.filled(tenants: 3)
            let target = try await Self.empty()
            let faulty = FaultyDriver(source)
            // Of all that the copy asks of its source only the seal changes something.
            faulty.planWrite(fault)
            _ = try #require(try await Self.copy(faulty, target).run(now: .hours(2)) { _ in })
            #expect(try await CatalogIdentity.read(target) == identity)
            #expect(try await CatalogSeal.read(source) == .moved(to: "target"))
        }
    }

    @Test(.needsPostgres) func `to PostgreSQL and back nothing is lost`() async throws {
        let (source, identity) = try await Self.filled()
        let world = try await PostgresWorld()
        let there = try #require(try await Self.copy(source, world.driver).run(now: .hours(2)) { _ in })
        #expect(try await CatalogIdentity.read(world.driver) == identity)
        let home = try await Self.empty()
        let back = try #require(
            try await Self.copy(world.driver, home, to: "home").run(now: .hours(3)) { _ in })
        // The operation that sealed it came in between.
        #expect(back.filter { $0.table != "operations" } == there.filter { $0.table != "operations" })
        #expect(try await TenantRows(.over(home)).list(limit: 1000).count == 900)
        withExtendedLifetime(world) {}
    }

    /// Where names sort as in a dictionary keys do not: pages follow each other as in any other catalog.
    @Test(.needsPostgres) func `a database that sorts by a language is copied from and to`() async throws {
        let server = try PostgresServer.shared.get()
        let name = "dictionary\(UInt64.random(in: 0 ... .max))"
        try server.sql("CREATE DATABASE \(name) TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'")
        let (source, _) = try await Self.filled(tenants: 3)
        let world = try await PostgresWorld(PostgresWorld.options(server.connection + " dbname=\(name)"))
        _ = try #require(try await Self.copy(source, world.driver, page: 7).run(now: .hours(2)) { _ in })
        let words = "SELECT CASE WHEN 'a'::text < 'B' THEN 1::bigint ELSE 0::bigint END"
        #expect(try await Self.read(world.driver, words) == [[.integer(1)]], "it sorts by bytes anyway")
        let order = "SELECT node FROM leftovers ORDER BY node, tenant, epoch"
        #expect(try await Self.read(world.driver, order) == Self.read(source, order))
        let home = try await Self.empty()
        let back = try #require(
            try await Self.copy(world.driver, home, to: "home", page: 7).run(now: .hours(3)) { _ in })
        #expect(back.first { $0.table == "leftovers" }?.sum.rows == 40)
        // And a node finds its own.
        for driver in [world.driver, home] as [any CatalogDriver] {
            #expect(try await LeftoverRows(.over(driver)).list(of: node("a-b")).count == 10)
        }
    }

    /// No table may forget it: an index of words breaks when the system's sorting rules change.
    @Test(.needsPostgres) func `in PostgreSQL every key of text sorts byte by byte`() async throws {
        let world = try await PostgresWorld()
        let keys = try await Self.read(
            world.driver,
            """
            SELECT c.table_name::text, c.column_name::text, COALESCE(c.collation_name::text, '')
            FROM information_schema.columns c WHERE c.table_schema::text = current_schema()::text AND c.data_type::text = 'text'
            """)
        var seen = 0
        for row in keys {
            let (table, column) = (Self.text(row[0]), Self.text(row[1]))
            guard CatalogTables.copied.first(where: { $0.name == table })?.key.contains(column) == true else {
                continue
            }
            #expect(Self.text(row[2]) == "C", "\(table).\(column)")
            seen += 1
        }
        #expect(seen > 8)
    }

    private static let fills: Set<String> = [
        "tenants", "placements", "nodes", "changes", "change_counters", "signing_keys", "operations", "leftovers",
    ]

    /// A catalog with something of most kinds in it.
    private static func filled(tenants count: Int = 900) async throws -> (SQLiteCatalogDriver, Identity) {
        let driver = SQLiteCatalogDriver()
        try await CatalogSchema.migrate(driver, dialect: .sqlite, at: .hours(0))
        let identity = try await CatalogIdentity.establish(driver, random: SystemRandom())
        let store = CatalogStore.over(driver, seed: SystemRandom().next())
        _ = try await NodeRows(store).register(
            .init(id: node("n1"), address: "", labels: ["é": "\"ß\""]), at: .hours(0))
        for number in 0..<count {
            _ = try await TenantRows(store).create(
                .init(key: key("t-\(number) 🏠"), labels: ["n": "\(number)"]), on: node("n1"), at: .hours(0))
        }
        // B is first by its bytes, and last in a dictionary.
        for name in ["a-b", "aa", "B", "b"] {
            let leave = CatalogStatement(
                """
                INSERT INTO leftovers (node, tenant, epoch, since) VALUES
                \((1...10).map { "('\(name)', \($0), 1, 0)" }.joined(separator: ", "))
                """)
            _ = try await driver.run(CatalogTransaction(.schema, [leave]))
        }
        _ = try await SigningKeyRows(store).add(
            SigningKeyRow(kid: "k", publicKey: [0, 1, 255], privateKey: [], created: .hours(0)))
        _ = try await NodeRows(store).register(
            .init(id: node("n2"), address: "", labels: ["x": String(repeating: "x", count: 90_000)]), at: .hours(0))
        return (driver, identity)
    }

    private static func empty() async throws -> SQLiteCatalogDriver {
        let driver = SQLiteCatalogDriver()
        try await CatalogSchema.migrate(driver, dialect: .sqlite, at: .hours(1))
        return driver
    }

    private static func copy(
        _ source: any CatalogDriver, _ target: any CatalogDriver, to name: String = "target",
        page: Int = 400, sleep: @escaping Sleep = { _ in }
    ) -> CatalogCopy {
        CatalogCopy(
            from: .init(source, name: "source"), to: .init(target, name: name), page: page, sleep: sleep,
            operation: { OperationID(random: SystemRandom()) })
    }

    private static func read(_ driver: any CatalogDriver, _ sql: String) async throws -> [[CatalogValue]] {
        try await driver.run(CatalogTransaction(.read, [CatalogStatement(sql)]))[0].rows
    }

    private static func text(_ value: CatalogValue) -> String {
        if case .text(let text) = value { text } else { "" }
    }
}

/// Changes a row behind the copy's back.
private struct TamperingDriver: CatalogDriver {
    let base: any CatalogDriver

    func run(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows] {
        let results = try await base.run(transaction)
        if transaction.statements.contains(where: { $0.sql.hasPrefix("INSERT INTO tenants") }) {
            let change = CatalogStatement(
                "UPDATE tenants SET labels = '{}' || labels WHERE id = (SELECT MIN(id) FROM tenants)")
            _ = try await base.run(CatalogTransaction(.schema, [change]))
        }
        return results
    }
}

/// Does something else once, just before the first transaction that has a statement like `trigger`.
private final class MeddlingDriver: CatalogDriver {
    private let base: any CatalogDriver
    private let trigger: String
    private let meddle: @Sendable () async throws(CatalogError) -> Void
    private let isDone = Mutex(false)

    init(
        base: any CatalogDriver, before trigger: String,
        _ meddle: @escaping @Sendable () async throws(CatalogError) -> Void
    ) {
        self.base = base
        self.trigger = trigger
        self.meddle = meddle
    }

    func run(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows] {
        let isIt = transaction.statements.contains { $0.sql.hasPrefix(trigger) }
        let isFirst =
            isIt
            && isDone.withLock { done in
                defer { done = true }
                return !done
            }
        if isFirst { try await meddle() }
        return try await base.run(transaction)
    }
}
