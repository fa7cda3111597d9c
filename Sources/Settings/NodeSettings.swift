package import Vocabulary

/// Who this node is and where it is reached.
package struct NodeSettings: Sendable, Equatable {
    /// `nil`: taken from the data directory, or made up on the first start.
    package var id: NodeID?
    package var listen = ListenAddress(host: "127.0.0.1", port: 8080)
    /// The data directory; made when it does not exist.
    package var data = "./rowhouse-data"
    /// Where other nodes reach this one; needed in a cluster.
    package var advertise: HTTPOrigin?
    package var zone: String?
    package var labels: [String: String] = [:]
    /// Bytes that tenants may have on this node; 0: as many as its file system has.
    package var disk = 0
    /// Bytes of memory that tenants may hold; 0: the machine's.
    package var memory = 0
}

/// Where the catalog lives.
package enum CatalogSetting: Sendable, Equatable {
    /// On this node, as a tenant of its own engine.
    case embedded
    /// On the node that answers at this address.
    case remote(HTTPOrigin)
    /// In PostgreSQL, which every node that has this setting asks by itself.
    case postgres(PostgresAddress)
}

/// How a catalog in PostgreSQL is used.
package struct PostgresSettings: Sendable, Equatable {
    /// The schema within the database that holds the catalog's tables.
    package var schema = "rowhouse"
    package var connections = 8
    /// Transactions that wait for a connection.
    package var queue = 256
    /// For each host that is tried.
    package var connectTimeout = Duration.seconds(3)
    package var statementTimeout = Duration.seconds(5)
    /// For a whole transaction, waiting for a connection included.
    package var transactionTimeout = Duration.seconds(10)

    package init() {}
}

/// What nodes of one cluster share.
package struct ClusterSettings: Sendable, Equatable {
    /// File with the secret that signs calls between nodes; `nil` on a node that stands alone.
    package var keyFile: String?
    /// A node's time-bounded right to serve; it is renewed three times in this span.
    package var lease = Duration.seconds(6)
}

package struct RebalancingSettings: Sendable, Equatable {
    /// Overloads are balanced without being asked; drains are emptied either way.
    package var automatic = false
    /// How often nodes are looked at; an overload counts once it has lasted for three looks.
    package var interval = Duration.seconds(30)
    /// When balancing without being asked may begin moves; empty: at any time.
    package var windows: [DailyWindow] = []
}

/// The durability class of tenants that do not ask for another one. The other classes of the design are refused by
/// name until they exist, never taken for this one.
package enum DurabilitySetting: String, Sendable, Equatable, CaseIterable {
    /// An answer waits until the commit is in this node's journal on its own disk.
    case local
}
