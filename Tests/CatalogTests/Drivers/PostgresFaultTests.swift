import Catalog
import Foundation
import Postgres
import Processes
import Seams
import Synchronization
import Testing
import Vocabulary

/// Lines that break, servers that are killed, a fail-over: what was acknowledged is there once, what was refused is not.
@Suite(.serialized, .needsPostgres) struct PostgresFaultTests {
    @Test(arguments: PostgresProxy.Cut.allCases)
    func `a line that breaks at any message: every write happens once, and is never misreported`(
        _ cut: PostgresProxy.Cut
    ) async throws {
        let world = try await PostgresWorld()
        let proxy = try PostgresProxy(to: try PostgresServer.shared.get().port)
        defer { proxy.end() }
        let driver = try PostgresWorld.driver(through(proxy, world.options))
        defer { driver.shutdown() }
        let nodes = NodeRows(.real(driver))
        _ = try await register(0, nodes)
        var point = 0
        var wasCut = true
        while wasCut {
            point += 1
            proxy.arm(cut, at: point)
            // Done twice, it would be the second incarnation.
            #expect(try await register(point, nodes) == 1, "point \(point)")
            wasCut = proxy.disarm()
            #expect(point < 100)
        }
        #expect(point > 12, "fewer points than a transaction has messages")
        let found = try await NodeRows(.real(world.driver)).list()
        #expect(found.count == point + 1 && found.allSatisfy { $0.incarnation == 1 })
        withExtendedLifetime(world) {}
    }

    @Test(arguments: PostgresProxy.Cut.allCases)
    func `a line that breaks while a tenant is made: one tenant, and its maker knows`(
        _ cut: PostgresProxy.Cut
    ) async throws {
        let world = try await PostgresWorld()
        let proxy = try PostgresProxy(to: try PostgresServer.shared.get().port)
        defer { proxy.end() }
        let driver = try PostgresWorld.driver(through(proxy, world.options))
        defer { driver.shutdown() }
        _ = try await NodeRows(.real(world.driver)).register(.init(id: node("n1"), address: ""), at: .hours(0))
        let tenants = TenantRows(.real(driver))
        var made: [String: TenantID] = [:]
        // In steps that meet BEGIN, statements, their arguments, and COMMIT.
        for point in stride(from: 1, to: 90, by: 11) {
            proxy.arm(cut, at: point)
            let name = "t-\(point)"
            guard
                case .created(let row) = try await tenants.create(.init(key: key(name)), on: node("n1"), at: .hours(0))
            else { throw ConformanceFailure(what: "\(name) was not created, but by nobody else either") }
            made[name] = row.id
            _ = proxy.disarm()
        }
        try await Ledger.check(world.driver, acknowledged: made, refused: [])
        withExtendedLifetime(world) {}
    }

    @Test func `a server that is killed and started again under load loses and doubles nothing`() async throws {
        let server = try PostgresServer()
        let world = try await PostgresWorld(PostgresWorld.options(server.connection))
        let ledger = try await Ledger.load(world.driver, writers: 6) {
            for _ in 0..<2 {
                try await pause(0.5)
                try await onThread {
                    server.kill()
                    try server.start()
                }
            }
            try await pause(0.5)
        }
        #expect(ledger.acknowledged.count > 20)
        try await Ledger.check(world.driver, acknowledged: ledger.acknowledged, refused: ledger.refused)
    }

    @Test func `a fail-over to a synchronous standby under load loses and doubles nothing`() async throws {
        let primary = try PostgresServer()
        let standby = try primary.standby(named: "s1")
        try primary.configure(["synchronous_standby_names = 's1'"])
        try primary.reload()
        var options = PostgresWorld.options(primary.connection)
        options.connection =
            "host=127.0.0.1,127.0.0.1 port=\(primary.port),\(standby.port) "
            + primary.connection.split(separator: " ").dropFirst(2).joined(separator: " ")
        let world = try await PostgresWorld(options)
        #expect(try await world.driver.facts().synchronousStandbys == "s1")
        let ledger = try await Ledger.load(world.driver, writers: 6) {
            try await pause(1)
            try await onThread {
                primary.kill()
                try standby.promote()
            }
            try await pause(1)
        }
        #expect(ledger.acknowledged.count > 20)
        #expect(ledger.acknowledgedAfterwards > 0, "nobody found the new primary")
        try await Ledger.check(world.driver, acknowledged: ledger.acknowledged, refused: ledger.refused)
    }

    @Test func `a commit that no standby confirms is not acknowledged`() async throws {
        let server = try PostgresServer(["synchronous_standby_names = ''"])
        var options = PostgresWorld.options(server.connection)
        options.statementTimeout = 300_000_000
        options.transactionTimeout = 1_000_000_000
        let world = try await PostgresWorld(options)
        let nodes = NodeRows(.real(world.driver))
        _ = try await register(0, nodes)
        try server.configure(["synchronous_standby_names = 'nobody'"])
        try server.reload()
        try await pause(0.3)
        let registering = Task { try await register(1, nodes) }
        // The wait for the standby is called off, as an operator may: the server then says COMMIT, with a warning.
        try await pause(0.5)
        try server.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        await #expect(throws: CatalogError.self) { try await registering.value }
        try server.configure(["synchronous_standby_names = ''"])
        try server.reload()
        try await pause(0.3)
        #expect(try await register(2, nodes) == 1)
    }

    /// As behind a pooler that lends sessions out, or one that resets them.
    @Test func `a session that is not the one that was set up is left`() async throws {
        let world = try await PostgresWorld()
        var options = world.options
        options.connections = 1
        let driver = try PostgresWorld.driver(options)
        defer { driver.shutdown() }
        func backend() async throws -> CatalogValue {
            let ask = CatalogStatement("SELECT pg_backend_pid()::bigint")
            return try await driver.run(CatalogTransaction(.read, [ask]))[0].rows[0][0]
        }
        let nodes = NodeRows(.real(driver))
        _ = try await register(1, nodes)
        let before = try await backend()
        _ = try await driver.run(CatalogTransaction(.read, [CatalogStatement("RESET ALL")]))
        #expect(try await backend() == before)
        #expect(try await register(2, nodes) == 1)
        #expect(try await backend() != before)
        withExtendedLifetime(world) {}
    }

    @Test func `a server that does not sync is none, whenever it is come to`() async throws {
        let server = try PostgresServer()
        var options = PostgresWorld.options(server.connection)
        options.transactionTimeout = 1_500_000_000
        let world = try await PostgresWorld(options)
        let nodes = NodeRows(.real(world.driver))
        _ = try await register(0, nodes)
        func leave(_ fsync: String) async throws {
            try server.configure(["fsync = \(fsync)"])
            try server.reload()
            try await pause(0.3)
            try server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rowhouse'")
        }
        try await leave("off")
        do throws(CatalogError) {
            _ = try await register(1, nodes)
            Issue.record("it was trusted")
        } catch {
            #expect(error.description.contains("fsync"), "\(error)")
        }
        try await leave("on")
        #expect(try await register(2, nodes) == 1)
    }

    /// It is answered in time although its connection is still being made, which the operator's string set no bound to.
    @Test func `a server that accepts and never answers holds nobody up for longer than a transaction may take`()
        async throws
    {
        let proxy = try PostgresProxy(to: 0)
        defer { proxy.end() }
        var options = PostgresOptions(
            connection: "host=127.0.0.1 port=\(proxy.port) connect_timeout=0 sslmode=disable gssencmode=disable")
        options.transactionTimeout = 500_000_000
        options.connectTimeout = 2_000_000_000
        options.connections = 1
        let driver = try PostgresWorld.driver(options)
        let clock = ContinuousClock()
        let took = await clock.measure {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        let read = CatalogTransaction(.read, [CatalogStatement("SELECT 1")])
                        let error = await failure { () throws(CatalogError) in try await driver.run(read) }
                        #expect(error == .unavailable("PostgreSQL: no connection was free in time"))
                    }
                }
            }
        }
        #expect(took < .seconds(1.8), "waited for the connection")
        let end = await clock.measure { try? await onThread { driver.shutdown() } }
        #expect(end < .seconds(8), "connecting had no end")
    }

    @Test func `what may look at whole tables has patience of its own, and the usual says what it waited for`()
        async throws
    {
        var options = PostgresWorld.options(try PostgresServer.shared.get().connection, connections: 1)
        options.statementTimeout = 300_000_000
        let world = try await PostgresWorld(options)
        let slow = [CatalogStatement("SELECT 1 FROM pg_sleep(0.6)"), CatalogStatement("SELECT 2")]
        for statements in [slow, [slow[0]]] {
            let error = await failure { () throws(CatalogError) in
                try await world.driver.run(CatalogTransaction(.read, statements))
            }
            #expect(error?.description.contains("took longer than 0.3 s") == true, "\(String(describing: error))")
            for kind in [CatalogTransaction.Kind.read, .schema] {
                let results = try await world.driver.run(CatalogTransaction(kind, statements, isLong: true))
                #expect(results[0].rows == [[.integer(1)]])
            }
        }
        // The next one has the usual patience again.
        let error = await failure { () throws(CatalogError) in
            try await world.driver.run(CatalogTransaction(.read, slow))
        }
        #expect(error?.description.contains("took longer than 0.3 s") == true, "\(String(describing: error))")
    }

    private func through(_ proxy: PostgresProxy, _ options: PostgresOptions) -> PostgresOptions {
        var options = options
        options.connection =
            "host=127.0.0.1 port=\(proxy.port) sslmode=disable gssencmode=disable "
            + options.connection.split(separator: " ").dropFirst(2).joined(separator: " ")
        options.connections = 1
        return options
    }

    /// - Returns: how often the node is registered now.
    private func register(_ number: Int, _ nodes: NodeRows) async throws(CatalogError) -> UInt64 {
        try await nodes.register(.init(id: node("n\(number)"), address: ""), at: .hours(0)).incarnation
    }
}

func pause(_ seconds: Double) async throws { try await Task.sleep(nanoseconds: UInt64(seconds * 1e9)) }

extension CatalogStore {
    /// As a node has it.
    static func real(_ driver: any CatalogDriver) -> CatalogStore {
        CatalogStore(driver: driver, random: SystemRandom(), sleep: { try await Task.sleep(nanoseconds: $0) })
    }
}
