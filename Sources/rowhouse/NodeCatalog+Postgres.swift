import Catalog
import Logging
import Postgres
import Seams
import Settings
import Vocabulary

extension NodeCatalog {
    /// The catalog in PostgreSQL, made and migrated by whichever node comes first.
    ///
    /// - Throws: `ServeFailure`, `.config` where it cannot be used or is another than the one this directory belongs to.
    static func postgres(_ address: PostgresAddress, _ base: NodeBase, _ known: Identity?) async throws -> NodeCatalog {
        let driver = try Self.driver(PostgresPlace(address, base.settings.postgres), base)
        do {
            let facts = try await waiting(base.logger) { () async throws in
                try await driver.prepare(at: base.time.wall())
            }
            let kept = try await waiting(base.logger) { () async throws in try await CatalogIdentity.read(driver) }
            // One that has no identity yet is begun by this node, unless it belongs to another.
            guard known == nil || known == kept else { throw notTheSame(address, base) }
            let identity = try await waiting(base.logger) { () async throws in
                try await CatalogIdentity.establish(driver, random: base.random)
            }
            guard known ?? identity == identity else { throw notTheSame(address, base) }
            say(facts, base.logger)
            return NodeCatalog(driver: driver, identity: identity, end: { driver.shutdown() })
        } catch {
            try? await NodeCore.blocking { driver.shutdown() }
            throw error
        }
    }

    private static func driver(_ place: PostgresPlace, _ base: NodeBase) throws(ServeFailure) -> PostgresCatalog {
        let logger = base.logger
        do throws(PostgresError) {
            return try place.driver(time: base.time, random: base.random) { event in
                switch event {
                case .reached: logger.info("PostgreSQL is reached")
                case .unreachable(let why): logger.warning("PostgreSQL is not reached", metadata: ["why": "\(why)"])
                }
            }
        } catch {
            throw .config("catalog: \(error)")
        }
    }

    /// PostgreSQL may be starting too, or be failing over: asked for a while before giving up.
    static func waiting<Value>(_ logger: Logger, for body: () async throws -> Value) async throws -> Value {
        var last = ""
        for _ in 0..<12 {
            do {
                return try await body()
            } catch let error as PostgresError {
                throw ServeFailure.config("catalog: \(error)")
            } catch let error as CatalogError {
                switch error {
                case .unavailable(let why), .outcomeUnknown(let why): last = why
                case .refused(let why): throw ServeFailure.config("catalog: PostgreSQL refused: \(why)")
                default: throw ServeFailure.failed(error.description)
                }
            }
            logger.warning("waiting for the catalog", metadata: ["why": "\(last)"])
            try await NodeParts.sleep(1_000_000_000)
        }
        throw ServeFailure.failed("the catalog was not reached: \(last)")
    }

    private static func say(_ facts: PostgresCatalog.Facts, _ logger: Logger) {
        logger.info("the catalog is in PostgreSQL", metadata: ["version": "\(facts.version)"])
        guard facts.synchronousStandbys.isEmpty else { return }
        logger.warning(
            "PostgreSQL has no synchronous standby (synchronous_standby_names is empty): if it fails over, or its disk is lost, so are commits of the catalog"
        )
    }

    private static func notTheSame(_ address: PostgresAddress, _ base: NodeBase) -> ServeFailure {
        .config(
            """
            the catalog at \(address), schema \(base.settings.postgres.schema), is not the one that \(base.directory) \
            belongs to. Was it copied there (`rowhouse catalog copy`)? If the other one is lost for good, start once with \
            --replace-catalog: this node registers in the new one, and no tenant of the old one is served
            """)
    }
}

/// A catalog in PostgreSQL as the configuration names it.
struct PostgresPlace: Sendable {
    let options: PostgresOptions

    init(_ address: PostgresAddress, _ postgres: PostgresSettings) {
        var options = PostgresOptions(connection: address.connection)
        options.schema = postgres.schema
        options.connections = postgres.connections
        options.queue = postgres.queue
        options.connectTimeout = postgres.connectTimeout.nanoseconds
        options.statementTimeout = postgres.statementTimeout.nanoseconds
        options.transactionTimeout = postgres.transactionTimeout.nanoseconds
        self.options = options
    }

    /// What keeps it from being used on this machine, which `config check` tells too.
    var mistake: PostgresError? {
        do throws(PostgresError) {
            _ = try LibPQ.load().hosts(of: options.connection)
            return nil
        } catch {
            return error
        }
    }

    func driver(
        time: any TimeSource, random: any RandomSource, tell: @escaping @Sendable (PostgresHealth.Event) -> Void
    ) throws(PostgresError) -> PostgresCatalog {
        try PostgresCatalog(options, library: try LibPQ.load(), time: time, random: random, tell: tell)
    }
}
