import Catalog
import Postgres
import Processes
import Seams
import Testing
import Vocabulary

/// A fresh catalog in the tests' PostgreSQL, in a schema of its own.
final class PostgresWorld: Sendable {
    let options: PostgresOptions
    let driver: PostgresCatalog

    convenience init(connections: Int = 4) async throws {
        try await self.init(Self.options(try PostgresServer.shared.get().connection, connections: connections))
    }

    init(_ options: PostgresOptions) async throws {
        self.options = options
        driver = try Self.driver(options)
        _ = try await driver.prepare(at: .hours(0))
    }

    static func options(_ connection: String, connections: Int = 4) -> PostgresOptions {
        var options = PostgresOptions(connection: connection)
        options.schema = "catalog \"\(UInt64.random(in: 0 ... .max))"
        options.connections = connections
        return options
    }

    static func driver(
        _ options: PostgresOptions, tell: @escaping @Sendable (PostgresHealth.Event) -> Void = { _ in }
    ) throws -> PostgresCatalog {
        try PostgresCatalog(
            options, library: try LibPQ.load(), time: SystemTime(), random: SystemRandom(), tell: tell)
    }

    deinit { driver.shutdown() }
}

extension Trait where Self == ConditionTrait {
    /// Where PostgreSQL's server is not installed these tests say so and are skipped.
    static var needsPostgres: Self {
        .enabled(if: PostgresServer.isInstalled, "PostgreSQL's server (package postgresql) is not installed")
    }
}
