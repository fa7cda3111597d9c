import Access
import Catalog
import CatalogDrivers
import ControlPlane
import DataPlane
import Foundation
import Hummingbird
import Journal
import Lanes
import Logging
import Membership
import NIOCore
import NIOPosix
import Residents
import Routing
import SQLiteKit
import Seams
import ServiceLifecycle
import Settings
import Tenants
import Vocabulary

/// A node, put together: the only place that picks real implementations.
///
/// Order: lock the directory, listen (probes answer), start the engine (recovery), reach the catalog, take the lease, and
/// only then let requests in.
struct Node {
    let settings: ServerSettings
    let options: ServeOptions

    func run() async throws {
        let directory = Self.absolute(settings.node.data)
        guard let lock = try Self.lock(directory) else {
            throw ServeFailure.directoryInUse("\(directory) is in use by another rowhouse process")
        }
        let journal = try ServeJournal.claim(settings.journal.directory.map(Self.absolute), directory: directory)
        defer { withExtendedLifetime((lock, journal)) {} }
        let identity = try ServeIdentity.read(settings, directory: directory, random: SystemRandom())
        let live = try LiveSettings(settings)
        let listen = settings.node.listen
        if let refusal = ListenRule.check(listen.host, credentialsConfigured: !live.admins.value.isEmpty) {
            throw ServeFailure.listenRefused(refusal.description)
        }
        let logger = Self.logger()
        let base = NodeBase(
            settings: settings, directory: directory, journal: journal.directory, identity: identity, live: live,
            descriptors: try ServeDescriptors.plan(settings, logger), options: options, logger: logger)
        try await NodeRun(base: base).run()
    }

    private static func lock(_ directory: String) throws(ServeFailure) -> DirectoryLock? {
        do throws(FileError) {
            return try DirectoryLock.take(directory)
        } catch {
            throw .config("node.data: \(error)")
        }
    }

    private static func logger() -> Logger {
        LoggingSystem.bootstrap { _ in ServeLog() }
        return Logger(label: "rowhouse")
    }

    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : URL(fileURLWithPath: path).standardizedFileURL.path
    }
}

/// What is known of a node before anything runs.
struct NodeBase: Sendable {
    let settings: ServerSettings
    let directory: String
    let journal: String
    let identity: ServeIdentity
    let live: LiveSettings
    let descriptors: DescriptorPlan
    let options: ServeOptions
    let logger: Logger
    let time: any TimeSource = SystemTime()
    let random: any RandomSource = SystemRandom()
    let status = NodeStatus()

    var id: NodeID { identity.node }
}

/// What an operator has said about this start alone.
struct ServeOptions: Sendable {
    /// Where the settings come from, for reading them again.
    let source: LiveSettings.Source
    /// Go on without the records that a damaged journal has lost.
    var acceptLoss = false
    /// This data directory takes the place of the one that the node was registered with.
    var replaceNode = false
    /// The node's catalog is gone; it registers in the one that is there.
    var replaceCatalog = false
}
