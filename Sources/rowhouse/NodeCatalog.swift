import Catalog
import CatalogDrivers
import Logging
import Membership
import Seams
import Settings
import Tenants
import Vocabulary

/// The catalog of a node: its own, or another node's, and always the one in which it has registered before.
struct NodeCatalog: Sendable {
    let driver: any CatalogDriver
    let identity: Identity
    /// Ends what the driver has running. Blocks.
    var end: @Sendable () -> Void = {}

    /// The embedded one is made and migrated here; a remote one must be of our schema already.
    ///
    /// - Throws: `ServeFailure`, `.config` where it is another catalog than the one that this directory's node belongs to, or
    ///   one that is not to be used.
    static func reach(_ base: NodeBase, engine: TenantEngine, cluster: NodeCluster?) async throws -> NodeCatalog {
        let catalog = try await find(base, engine: engine, cluster: cluster)
        do {
            // It may be failing over just now.
            let seal = try await waiting(base.logger) { () async throws in try await CatalogSeal.read(catalog.driver) }
            if let seal {
                throw ServeFailure.config(
                    "catalog: \(seal). Name the one that is, finish the copy, or see `rowhouse catalog reopen --help`")
            }
        } catch {
            try? await NodeCore.blocking { catalog.end() }
            throw error
        }
        return catalog
    }

    private static func find(_ base: NodeBase, engine: TenantEngine, cluster: NodeCluster?) async throws -> NodeCatalog
    {
        let known = base.options.replaceCatalog ? nil : base.identity.catalog
        switch base.settings.catalog {
        case .embedded: return try await embedded(base, engine, known)
        case .remote(let origin):
            guard let cluster else {
                throw ServeFailure.config(
                    "catalog: {remote: \(origin)} needs cluster.key-file, the same as on that node")
            }
            let remote = RemoteCatalog(transport: cluster.peers, address: "\(origin)")
            return try await Self.remote(known.map { remote.only($0) } ?? remote, at: "\(origin)", base)
        case .postgres(let address): return try await postgres(address, base, known)
        }
    }

    private static func embedded(_ base: NodeBase, _ engine: TenantEngine, _ known: Identity?) async throws
        -> NodeCatalog
    {
        if known != nil, engine.facts(of: .catalog) == nil { throw elsewhere(base) }
        let embedded = EmbeddedCatalog(engine: engine)
        try await embedded.prepare()
        try await CatalogSchema.migrate(embedded, dialect: .sqlite, at: base.time.wall())
        let identity = try await CatalogIdentity.establish(embedded, random: base.random)
        guard known ?? identity == identity else { throw elsewhere(base) }
        return NodeCatalog(driver: embedded, identity: identity)
    }

    private static func elsewhere(_ base: NodeBase) -> ServeFailure {
        .config(
            """
            \(base.directory) belongs to a cluster whose catalog is not in it. If the catalog is on another node, say so: \
            catalog: {remote: "http://that-node:8080"}, or {postgres: "…"} where it was copied there. If it is lost for good, start once with --replace-catalog: an \
            empty one is begun, and no tenant of the old one is served
            """)
    }

    /// The node that holds the catalog may be starting too: asked for a while before giving up.
    private static func remote(_ remote: RemoteCatalog, at origin: String, _ base: NodeBase) async throws
        -> NodeCatalog
    {
        var last: CatalogError?
        for attempt in 0..<60 {
            do throws(CatalogError) {
                try await CatalogSchema.verify(remote)
                if let identity = try await CatalogIdentity.read(remote) {
                    return NodeCatalog(driver: remote.only(identity), identity: identity)
                }
            } catch {
                switch error {
                case .newerSchema: throw ServeFailure.failed(error.description)
                case .otherCatalog: throw foreign(origin, base)
                default: break
                }
                if attempt % 10 == 0 { base.logger.warning("waiting for the catalog", metadata: ["why": "\(error)"]) }
                last = error
            }
            try await NodeParts.sleep(1_000_000_000)
        }
        throw ServeFailure.failed("the catalog was not reached in a minute: \(last.map(\.description) ?? "")")
    }

    private static func foreign(_ origin: String, _ base: NodeBase) -> ServeFailure {
        .config(
            """
            the catalog at \(origin) is not the one that \(base.directory) belongs to: was that node started on an empty \
            or another data directory? Start it on its own. If its catalog is lost for good, start this node once with \
            --replace-catalog: it registers in the new one, and no tenant of the old one is served
            """)
    }
}

extension NodeParts {
    /// Takes the lease, as the node that this directory is and no other.
    ///
    /// - Throws: `ServeFailure.config` where the name is another directory's; `CatalogError`.
    func begin() async throws -> LeaseKeeper.Begun {
        let begun: LeaseKeeper.Begun
        do throws(CatalogError) {
            begun = try await lease.begin()
        } catch {
            guard case .otherDirectory = error else { throw error }
            throw ServeFailure.config(
                """
                node \(base.id) is registered with another data directory than \(base.directory), and may be running on \
                it. A further node needs a node.id of its own, in a data directory of its own. If the other directory is \
                lost for good, start once with --replace-node: this one takes its place, and tenants whose files were \
                only there are damaged
                """)
        }
        if base.identity.catalog != catalog.identity {
            try ServeIdentity.remember(catalog: catalog.identity, in: base.directory)
        }
        return begun
    }
}
