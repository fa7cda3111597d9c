import Catalog
import Postgres
import Processes
import Testing
import Vocabulary

/// PostgreSQL by TLS, as an operator sets it up who does not trust the network.
@Suite(
    .serialized, .needsPostgres, .enabled(if: PostgresServer.hasOpenSSL, "openssl is not installed"))
struct PostgresTLSTests {
    @Test func `a server is known by its certificate, and large reads come through`() async throws {
        let server = try PostgresServer.withTLS()
        let user = server.connection.split(separator: " ").first { $0.hasPrefix("user=") }!.dropFirst(5)
        let keywords =
            "host=localhost hostaddr=127.0.0.1 port=\(server.port) user=\(user) dbname=postgres sslmode=verify-full sslrootcert="
        let address =
            "postgresql://\(user)@localhost:\(server.port)/postgres?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert="
        for connection in [keywords + server.certificate, address + server.certificate] {
            let world = try await PostgresWorld(PostgresWorld.options(connection, connections: 1))
            let store = CatalogStore.real(world.driver)
            _ = try await NodeRows(store).register(.init(id: node("n1"), address: ""), at: .hours(0))
            // Beyond what one record of TLS carries, and what one read takes.
            let labels = ["x": String(repeating: "x", count: 3_000)]
            for number in 0..<40 {
                _ = try await TenantRows(store).create(
                    .init(key: key("t\(number)"), labels: labels), on: node("n1"), at: .hours(0))
            }
            let read = try await TenantRows(store).list(limit: 100)
            #expect(read.count == 40 && read.allSatisfy { $0.labels == labels })
            let ours = "SELECT count(*) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl"
            let found = try await world.driver.run(CatalogTransaction(.read, [CatalogStatement(ours)]))
            #expect(found[0].rows == [[.integer(1)]])
            withExtendedLifetime(world) {}
        }
        // Another's certificate, another name, none at all.
        let other = try server.makeCertificate("other")
        let strangers = [
            keywords + other,
            (keywords + server.certificate).replacing("host=localhost", with: "host=elsewhere"),
            keywords + server.directory + "/none.crt",
        ]
        for connection in strangers {
            var options = PostgresWorld.options(connection, connections: 1)
            options.transactionTimeout = 500_000_000
            let driver = try PostgresWorld.driver(options)
            let error = await failure { () throws(CatalogError) in
                try await driver.run(CatalogTransaction(.read, [CatalogStatement("SELECT 1")]))
            }
            guard case .unavailable(let why)? = error else {
                Issue.record("it was trusted: \(connection)")
                continue
            }
            #expect(why.contains("certificate"), "\(why)")
            try await onThread { driver.shutdown() }
        }
    }
}
