import Access
import AsyncHTTPClient
import Catalog
import CatalogDrivers
import Cluster
import Foundation
import Logging
import Postgres
import Seams
import Settings
import Tenants
import Terminal
import Vocabulary

/// A catalog opened by a command, wherever it is, until `close`.
struct OpenCatalog: Sendable {
    enum Purpose {
        /// It must be there.
        case use
        /// It is made where it is not there, and brought up to date.
        case make
    }

    let driver: any CatalogDriver
    /// Without passwords.
    let name: String
    /// Blocks.
    let close: @Sendable () -> Void
}

/// Where a catalog is, as a command names it.
enum CatalogPlace: Equatable {
    case directory(String)
    case node(HTTPOrigin)
    case postgres(PostgresAddress)

    /// `postgresql://…` or `host=…`; `http://node:8080`; else, and wherever there is such a folder, a data directory. Nil: what the
    /// settings say.
    init(_ text: String?, _ settings: ServerSettings) throws(CommandFailure) {
        guard let text else {
            switch settings.catalog {
            case .embedded: self = .directory(settings.node.data)
            case .remote(let origin): self = .node(origin)
            case .postgres(let address): self = .postgres(address)
            }
            return
        }
        let isFolder = FileManager.default.fileExists(atPath: Node.absolute(text))
        if isFolder {
            self = .directory(text)
        } else if text.hasPrefix("http://") || text.hasPrefix("https://") {
            guard let origin = HTTPOrigin(text), !origin.isSecure else {
                throw CommandFailure(.usage, "a node is named by http://host:port")
            }
            self = .node(origin)
        } else if text.contains("://") || (text.contains("=") && !text.hasPrefix("/") && !text.hasPrefix(".")) {
            self = .postgres(PostgresAddress(text))
        } else {
            self = .directory(text)
        }
    }

    /// - Returns: whether there is anything yet.
    func exists(_ settings: ServerSettings) async throws -> Bool {
        switch self {
        case .directory(let path):
            return FileManager.default.fileExists(atPath: Node.absolute(path) + "/journal")
                || FileManager.default.fileExists(atPath: Node.absolute(path) + "/journal-directory")
        case .node: return true
        case .postgres(let address):
            let driver = try Self.postgres(address, settings)
            let find = CatalogStatement("SELECT to_regclass('catalog_schema')::text")
            let found = await Result { try await driver.run(CatalogTransaction(.read, [find]))[0].rows.first?.first }
            try await NodeCore.blocking { driver.shutdown() }
            return try found.get() ?? .null != .null
        }
    }

    /// - Throws: `CommandFailure`, `CatalogError`, and what an engine is not started for.
    func open(_ settings: ServerSettings, for purpose: OpenCatalog.Purpose) async throws -> OpenCatalog {
        switch self {
        case .directory(let path): return try await Self.directory(Node.absolute(path), settings, purpose)
        case .node(let origin): return try Self.node(origin, settings, purpose)
        case .postgres(let address):
            let driver = try Self.postgres(address, settings)
            let name = "\(address), schema \(settings.postgres.schema)"
            do {
                if purpose == .make { _ = try await driver.prepare(at: SystemTime().wall()) }
            } catch {
                try? await NodeCore.blocking { driver.shutdown() }
                throw error
            }
            return OpenCatalog(driver: driver, name: name, close: { driver.shutdown() })
        }
    }

    private static func postgres(
        _ address: PostgresAddress, _ settings: ServerSettings
    ) throws(CommandFailure) -> PostgresCatalog {
        do throws(PostgresError) {
            return try PostgresPlace(address, settings.postgres).driver(time: SystemTime(), random: SystemRandom()) {
                _ in
            }
        } catch {
            throw CommandFailure(.configuration, error.description)
        }
    }

    private static func node(
        _ origin: HTTPOrigin, _ settings: ServerSettings, _ purpose: OpenCatalog.Purpose
    ) throws -> OpenCatalog {
        guard purpose == .use else {
            throw CommandFailure(
                .usage, "a running node's catalog cannot be copied into", advice: "stop it, and name its data directory"
            )
        }
        guard let path = settings.cluster.keyFile, let bytes = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(
                .usage, "a running node is asked with the cluster's key",
                advice: "--set cluster.key-file=…, or stop the node and name its data directory")
        }
        let key = try ClusterKey(fileContents: [UInt8](bytes))
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: PeerClient.configuration())
        let signer = ClusterSigner(key: key, time: SystemTime(), random: SystemRandom())
        let driver = RemoteCatalog(transport: PeerClient(client: client, signer: signer), address: "\(origin)")
        return OpenCatalog(driver: driver, name: "the node at \(origin)", close: { try? client.syncShutdown() })
    }

    /// The engine of a node that is not running, without its door.
    private static func directory(
        _ directory: String, _ settings: ServerSettings, _ purpose: OpenCatalog.Purpose
    ) async throws -> OpenCatalog {
        if purpose == .use, !FileManager.default.fileExists(atPath: directory) {
            throw CommandFailure(.notFound, "there is no data directory \(directory)")
        }
        guard let lock = try DirectoryLock.take(directory) else {
            throw CommandFailure(
                .dataDirectoryInUse, "\(directory) is in use by another rowhouse process",
                advice: "stop the node, or name it by its address with the cluster's key")
        }
        let journal = try ServeJournal.claim(settings.journal.directory.map(Node.absolute), directory: directory)
        let quiet = Logger(label: "rowhouse") { _ in SwiftLogNoOpLogHandler() }
        let start = EngineStart(
            settings: ServeSettings.engine(
                settings, directory: directory, journal: journal.directory,
                descriptors: try ServeDescriptors.plan(settings, quiet)),
            journalOptions: ServeSettings.journal(settings), files: PosixFiles(), time: SystemTime(),
            random: SystemRandom())
        let engine = try await NodeCore.blocking {
            try start.run(progress: { _ in }, onFatal: { error in NodeEnd.atOnce("\(error)") })
        }
        let driver = EmbeddedCatalog(engine: engine)
        let close: @Sendable () -> Void = {
            try? engine.shutdown()
            withExtendedLifetime((lock, journal)) {}
        }
        do {
            guard purpose == .make || engine.facts(of: .catalog) != nil else {
                throw CommandFailure(.notFound, "\(directory) holds no catalog")
            }
            try await driver.prepare()
            if purpose == .make { try await CatalogSchema.migrate(driver, dialect: .sqlite, at: SystemTime().wall()) }
        } catch {
            try? await NodeCore.blocking { close() }
            throw error
        }
        return OpenCatalog(driver: driver, name: directory, close: close)
    }
}

extension Result where Failure == any Error {
    /// What an asynchronous body gives or throws.
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
