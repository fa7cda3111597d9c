import Catalog
import Testing
import Vocabulary

/// A migrated catalog behind a faulty network, with one node up.
private struct Fixture {
    let base = SQLiteCatalogDriver()
    let network: FaultyDriver
    let store: CatalogStore
    let tenants: TenantRows

    init() async throws {
        network = FaultyDriver(base)
        store = .over(network)
        tenants = TenantRows(store)
        try await CatalogSchema.migrate(base, dialect: .sqlite, at: .hours(0))
        _ = try await NodeRows(.over(base, seed: 9)).register(.init(id: node("n1"), address: ""), at: .hours(0))
    }

    func create(_ name: String) async throws(CatalogError) -> TenantRows.CreateOutcome {
        try await tenants.create(.init(key: key(name)), on: node("n1"), at: .hours(0))
    }
}

@Suite struct CatalogStoreTests {
    @Test func `a lost answer is asked for again and happens once`() async throws {
        let fixture = try await Fixture()
        fixture.network.plan(.loseAnswer)
        fixture.network.plan(.loseAnswer, ahead: 1)
        guard case .created(let row) = try await fixture.create("a") else {
            Issue.record("the creator was told that somebody else had made its tenant")
            return
        }
        #expect(try await fixture.tenants.list().map(\.id) == [row.id])
        #expect(try await ChangeLog(fixture.store).positions().reduce(0, +) == 1)
    }

    @Test func `a lost request is sent again`() async throws {
        let fixture = try await Fixture()
        fixture.network.plan(.loseRequest)
        guard case .created = try await fixture.create("a") else {
            Issue.record("not created")
            return
        }
    }

    @Test func `a copy that arrives late changes nothing`() async throws {
        let fixture = try await Fixture()
        fixture.network.plan(.delay)
        guard case .created(let row) = try await fixture.create("a") else {
            Issue.record("not created")
            return
        }
        // Meanwhile the tenant goes on living; the late copy must not disturb it.
        _ = try await fixture.tenants.markReady(row.id, by: row.placement.owner, epoch: .first, at: .hours(0))
        let late = await fixture.network.deliverDelayed()
        #expect(late.count == 1)
        #expect(try await fixture.tenants.list().map(\.state) == [.ready])
        #expect(try await ChangeLog(fixture.store).positions().reduce(0, +) == 2)
    }

    @Test func `a refusal that a repetition was told holds for what an earlier run has sent`() async throws {
        let fixture = try await Fixture()
        func run(isRepetition: Bool) async throws -> TenantRows.CreateOutcome {
            let scope = OnceScope(seed: OperationID(high: 1, low: 2), isRepetition: isRepetition)
            return try await OnceScope.$current.withValue(scope) { try await fixture.create("a") }
        }
        fixture.network.plan(.delay)
        for ahead in 1...3 { fixture.network.plan(.loseRequest, ahead: ahead) }
        await #expect(throws: CatalogError.self) { try await run(isRepetition: false) }
        let others = TenantRows(.over(fixture.base, seed: 77))
        guard case .created(let row) = try await others.create(.init(key: key("a")), on: node("n1"), at: .hours(0))
        else {
            Issue.record("not created")
            return
        }
        // As often as it likes: refusals do not use themselves up.
        for _ in 0..<12 {
            guard case .exists = try await run(isRepetition: true) else {
                Issue.record("two tenants of one key")
                return
            }
        }
        #expect(try await others.abandon(row, at: .hours(0)))
        guard case .failure? = await fixture.network.deliverDelayed().first else {
            Issue.record("what was refused was done")
            return
        }
        #expect(try await fixture.tenants.list().isEmpty)
        // And may be done by whoever asks again.
        guard case .created = try await run(isRepetition: true) else {
            Issue.record("refused for ever")
            return
        }
    }

    @Test func `after the budget the outcome stays unknown, and is never called a failure`() async throws {
        let fixture = try await Fixture()
        for ahead in 0..<4 { fixture.network.plan(ahead == 0 ? .loseAnswer : .loseRequest, ahead: ahead) }
        guard case .outcomeUnknown = await failure({ () throws(CatalogError) in try await fixture.create("a") }) else {
            Issue.record("claimed to know")
            return
        }
        #expect(try await fixture.tenants.list().count == 1)
    }

    @Test func `of many creators of one key one wins, over connections of their own`() async throws {
        let directory = "/tmp/rowhouse-catalog-\(UInt64.random(in: 0 ... .max))"
        defer { removeDatabase(directory) }
        let first = SQLiteCatalogDriver(path: directory)
        try await CatalogSchema.migrate(first, dialect: .sqlite, at: .hours(0))
        _ = try await NodeRows(.over(first)).register(.init(id: node("n1"), address: ""), at: .hours(0))
        let drivers = (0..<4).map { _ in SQLiteCatalogDriver(path: directory) }
        for round in 0..<10 {
            let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                for (number, driver) in drivers.enumerated() {
                    group.addTask {
                        let store = CatalogStore.over(driver, seed: UInt64(1000 * round + number))
                        let new = NewTenant(key: key("race-\(round)"), labels: ["by": "\(number)"])
                        let outcome = try await TenantRows(store).create(new, on: node("n1"), at: .hours(0))
                        if case .created = outcome { return true }
                        return false
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1, "round \(round)")
        }
        #expect(try await TenantRows(.over(first)).list().count == 10)
        // Gap-free: every counter's entries are 1, 2, 3 …
        let log = ChangeLog(.over(first))
        for (bucket, position) in try await log.positions().enumerated() {
            let numbers = try await log.changes(in: bucket, after: 0).map(\.seq)
            #expect(numbers == Array(0..<position).map { $0 + 1 })
        }
    }

    @Test func `of many who prepare, commit and abort one row, each version has one author`() async throws {
        let driver = SQLiteCatalogDriver()
        try await CatalogSchema.migrate(driver, dialect: .sqlite, at: .hours(0))
        let nodes = NodeRows(.over(driver, seed: 5))
        for name in ["n1", "n2", "n3"] {
            _ = try await nodes.register(.init(id: node(name), address: ""), at: .hours(0))
        }
        let made = try await TenantRows(.over(driver, seed: 6)).create(
            .init(key: key("a")), on: node("n1"), at: .hours(0))
        guard case .created(let tenant) = made else { throw ConformanceFailure(what: "\(made)") }
        _ = try await TenantRows(.over(driver, seed: 7)).markReady(
            tenant.id, by: tenant.placement.owner, epoch: .first, at: .hours(0))
        let authored = try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for seed in UInt64(1)...6 {
                group.addTask { try await wrestle(over: tenant.id, driver: driver, seed: seed * 100) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let last = try #require(try await PlacementRows(.over(driver)).find(tenant.id))
        #expect(authored.sorted() == Array(2...last.version))
        #expect(last.epoch.rawValue > 1)
    }
}

/// Changes a placement in whatever way it can be changed, and gives the versions that it made.
private func wrestle(over tenant: TenantID, driver: any CatalogDriver, seed: UInt64) async throws -> [UInt64] {
    let random = SeededRandom(seed)
    let rows = PlacementRows(.over(driver, seed: seed + 1))
    var made: [UInt64] = []
    for attempt in 0..<40 {
        guard let row = try await rows.find(tenant) else { break }
        if row.state == .stable {
            let outcome = try await rows.prepare(
                tenant, version: row.version, to: node("n\(1 + random.below(3))"), move: "m-\(seed)-\(attempt)",
                at: .hours(0))
            if case .prepared(let after) = outcome { made.append(after.version) }
        } else if random.below(2) == 0, row.owner != row.target {
            let commit = MoveCommit(
                tenant: tenant, move: row.move!, version: row.version, source: row.owner, incarnation: 1,
                txid: TxID(1), checksum: 1)
            if case .committed(let after) = try await rows.commit(commit, at: .hours(0)) { made.append(after.version) }
        } else if case .settled(let after) = try await rows.abort(row, reason: "", at: .hours(0)) {
            made.append(after.version)
        }
    }
    return made
}
