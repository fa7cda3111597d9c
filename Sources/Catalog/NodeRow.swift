package import Vocabulary

/// A node as the catalog knows it.
package struct NodeRow: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        case up
        /// Not heard of for a while; takes no new tenants.
        case suspect
        /// Its tenants are being moved away; takes no new ones.
        case draining
        /// Has no right to serve: it left, or was cut off. Registering again under a new incarnation ends it.
        case fenced
    }

    package var id: NodeID
    /// Raised by each start and by fencing; every renewal and commit names it.
    package var incarnation: UInt64
    /// Raised by each renewal.
    package var beat: UInt64
    package var state: State
    /// Why it is fenced.
    package var reason: String?
    /// Where other nodes reach it.
    package var address: String
    package var zone: String
    package var labels: [String: String]
    /// The node has promised to stop serving when its lease runs out; only then may it be taken over.
    package var stopsAtDeadline: Bool
    package var format: Int
    package var protocolVersion: Int
    package var registered: WallTime
    /// Which data directory registered; nil for one that did not say.
    package var directory: Identity?
    /// The catalog is in its data directory.
    package var holdsCatalog: Bool
    /// It is to be emptied, whatever its state.
    package var drain: Drain?

    package struct Drain: Equatable, Sendable {
        package var since: WallTime
        /// How many tenants it had then.
        package var tenants: Int
        /// Why it cannot be finished, as it was last found.
        package var note: String?
    }
}

extension NodeRow {
    static let select = """
        SELECT id, incarnation, beat, state, reason, address, zone, labels, stops_at_deadline, format, protocol, registered, \
        directory, holds_catalog, drain_since, drain_tenants, drain_note \
        FROM nodes
        """

    init(_ row: [CatalogValue]) throws(CatalogError) {
        var reader = RowReader("nodes", row)
        id = try reader.node()
        incarnation = try reader.bits()
        beat = try reader.bits()
        state = try reader.word(State.self)
        reason = try reader.textOrNull()
        address = try reader.text()
        zone = try reader.text()
        labels = try reader.labels()
        stopsAtDeadline = try reader.flag()
        format = Int(try reader.integer())
        protocolVersion = Int(try reader.integer())
        registered = try reader.time()
        directory = try reader.textOrNull().flatMap { Identity(hex: $0) }
        holdsCatalog = try reader.flag()
        let (since, tenants) = (try reader.timeOrNull(), try reader.integerOrNull())
        let note = try reader.textOrNull()
        drain = since.map { Drain(since: $0, tenants: Int(tenants ?? 0), note: note) }
    }
}

/// What a starting node says of itself.
package struct NodeRegistration: Equatable, Sendable {
    package var id: NodeID
    package var address: String
    package var zone: String
    package var labels: [String: String]
    package var stopsAtDeadline: Bool
    package var format: Int
    package var protocolVersion: Int
    /// Of its data directory. Once a node has registered with one, another is refused.
    package var directory: Identity?
    /// An operator has said that this directory takes the place of the one before.
    package var replacesDirectory = false
    package var holdsCatalog = false

    package init(
        id: NodeID, address: String, zone: String = "", labels: [String: String] = [:], stopsAtDeadline: Bool = false,
        format: Int = 1, protocolVersion: Int = 1, directory: Identity? = nil, replacesDirectory: Bool = false,
        holdsCatalog: Bool = false
    ) {
        self.id = id
        self.address = address
        self.zone = zone
        self.labels = labels
        self.stopsAtDeadline = stopsAtDeadline
        self.format = format
        self.protocolVersion = protocolVersion
        self.directory = directory
        self.replacesDirectory = replacesDirectory
        self.holdsCatalog = holdsCatalog
    }
}
