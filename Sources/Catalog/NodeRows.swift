package import Vocabulary

/// The nodes' rows: registration, the lease's renewals, fencing.
package struct NodeRows: Sendable {
    let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// All nodes by name; at most 1,000.
    ///
    /// - Throws: `CatalogError`.
    package func list() async throws(CatalogError) -> [NodeRow] {
        var plan = CatalogPlan()
        plan.add("\(NodeRow.select) ORDER BY id LIMIT 1000")
        var nodes: [NodeRow] = []
        for row in try await store.read(plan)[0].rows { nodes.append(try NodeRow(row)) }
        return nodes
    }

    /// - Throws: `CatalogError`.
    package func find(_ id: NodeID) async throws(CatalogError) -> NodeRow? {
        var plan = CatalogPlan()
        read(id, in: &plan)
        return try await store.read(plan)[0].rows.first.map { row throws(CatalogError) in try NodeRow(row) }
    }

    /// A process starts: it takes a new incarnation, and every renewal and commit of an earlier process of this name fails
    /// from then on. A draining node stays draining.
    ///
    /// - Throws: `CatalogError`; `.otherDirectory` where an earlier process of this name had another data directory, which may
    ///   be running: nothing has changed then.
    package func register(_ node: NodeRegistration, at now: WallTime) async throws(CatalogError) -> NodeRow {
        var plan = CatalogPlan()
        let registered = plan.add(
            """
            INSERT INTO nodes (id, incarnation, beat, state, address, zone, labels, stops_at_deadline, format, protocol,
            registered, directory, holds_catalog) VALUES (?1, 1, 1, 'up', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?11)
            ON CONFLICT (id) DO UPDATE SET incarnation = nodes.incarnation + 1, beat = nodes.beat + 1,
            state = CASE WHEN nodes.drain_since IS NULL AND nodes.state <> 'draining' THEN 'up' ELSE 'draining' END, reason = NULL,
            address = excluded.address, zone = excluded.zone, labels = excluded.labels,
            stops_at_deadline = excluded.stops_at_deadline, format = excluded.format, protocol = excluded.protocol,
            registered = excluded.registered, directory = excluded.directory, holds_catalog = excluded.holds_catalog
            WHERE nodes.directory IS NULL OR nodes.directory = excluded.directory OR ?10 = 1
            """,
            [
                .node(node.id), .text(node.address), .text(node.zone), .text(FlatJSON.text(node.labels)),
                .flag(node.stopsAtDeadline), .integer(Int64(node.format)), .integer(Int64(node.protocolVersion)),
                .time(now), .textOrNull(node.directory?.description), .flag(node.replacesDirectory),
                .flag(node.holdsCatalog),
            ], expect: .affected(1))
        let row = read(node.id, in: &plan, expect: .rows(1))
        plan.note("node.register", node.id.name, detail: ["address": node.address])
        do {
            return try NodeRow(try await store.write(plan, at: now)[row].rows[0])
        } catch .guardFailed(registered, _) {
            throw .otherDirectory(node.id)
        }
    }

    package enum RenewOutcome: Equatable, Sendable {
        case renewed(NodeRow)
        case refused(RenewRefusal)
    }

    /// Raises the beat where the incarnation still matches and the node is not fenced. A suspect node is up again.
    ///
    /// - Parameter stopsAtDeadline: what the node keeps to from before this call on; only so may others rely on it.
    /// - Throws: `CatalogError`.
    package func renew(
        _ id: NodeID, incarnation: UInt64, stopsAtDeadline: Bool, at now: WallTime
    ) async throws(CatalogError) -> RenewOutcome {
        var plan = CatalogPlan()
        let seen = read(id, in: &plan)
        let raised = plan.add(
            """
            UPDATE nodes SET beat = beat + 1, stops_at_deadline = ?3,
            state = CASE WHEN state = 'suspect' THEN 'up' ELSE state END
            WHERE id = ?1 AND incarnation = ?2 AND state <> 'fenced'
            """, [.node(id), .bits(incarnation), .flag(stopsAtDeadline)], expect: .affected(1))
        let after = read(id, in: &plan, expect: .rows(1))
        do {
            return .renewed(try NodeRow(try await store.write(plan, at: now)[after].rows[0]))
        } catch .guardFailed(raised, let results) {
            guard let row = results[seen].rows.first else { return .refused(.unknownNode) }
            let node = try NodeRow(row)
            if node.state == .fenced { return .refused(.fenced(node.reason ?? "")) }
            return .refused(.otherIncarnation(node.incarnation))
        }
    }

    /// A process stops in good order and gives its lease back at once.
    ///
    /// - Returns: false if it was not its to give any more.
    /// - Throws: `CatalogError`.
    package func leave(_ id: NodeID, incarnation: UInt64, at now: WallTime) async throws(CatalogError) -> Bool {
        try await fence(id, where: "incarnation = ?3", [.bits(incarnation)], reason: "left", at: now)
    }

    /// Takes a node's right to serve away because its beat stood still. The statement compares the beat: a renewal that
    /// arrives first wins. Refused for a node that has not promised to stop by itself.
    ///
    /// - Returns: false if the row differs from what was observed.
    /// - Throws: `CatalogError`.
    package func fence(
        _ id: NodeID, incarnation: UInt64, beat: UInt64, reason: String, at now: WallTime
    ) async throws(CatalogError) -> Bool {
        try await fence(
            id, where: "incarnation = ?3 AND beat = ?4 AND stops_at_deadline = 1", [.bits(incarnation), .bits(beat)],
            reason: reason, at: now)
    }

    /// Fences and raises the incarnation in one statement: renewals and pending commits fail from then on.
    private func fence(
        _ id: NodeID, where condition: String, _ arguments: [CatalogValue], reason: String, at now: WallTime
    ) async throws(CatalogError) -> Bool {
        var plan = CatalogPlan()
        let fenced = plan.add(
            """
            UPDATE nodes SET state = 'fenced', incarnation = incarnation + 1, reason = ?2
            WHERE id = ?1 AND state <> 'fenced' AND \(condition)
            """, [.node(id), .text(reason)] + arguments, expect: .affected(1))
        plan.note("node.fence", id.name, detail: ["reason": reason])
        do {
            _ = try await store.write(plan, at: now)
            return true
        } catch .guardFailed(fenced, _) {
            return false
        }
    }

    /// Moves a node between states that do not touch its right to serve: `up`, `suspect`, `draining`.
    ///
    /// - Returns: false if it was not in the first state.
    /// - Throws: `CatalogError`.
    package func turn(
        _ id: NodeID, from old: NodeRow.State, to new: NodeRow.State, at now: WallTime
    ) async throws(CatalogError) -> Bool {
        guard old != .fenced, new != .fenced else { return false }
        var plan = CatalogPlan()
        let turned = plan.add(
            "UPDATE nodes SET state = ?3 WHERE id = ?1 AND state = ?2",
            [.node(id), .text(old.rawValue), .text(new.rawValue)], expect: .affected(1))
        plan.note("node.turn", id.name, detail: ["from": old.rawValue, "to": new.rawValue])
        do {
            _ = try await store.write(plan, at: now)
            return true
        } catch .guardFailed(turned, _) {
            return false
        }
    }

    @discardableResult
    func read(_ id: NodeID, in plan: inout CatalogPlan, expect: CatalogExpectation = .any) -> Int {
        plan.add("\(NodeRow.select) WHERE id = ?1", [.node(id)], expect: expect)
    }
}

/// Why a renewal was refused. Each stops the process at once.
package enum RenewRefusal: Equatable, Sendable, CustomStringConvertible {
    /// The catalog has no such node.
    case unknownNode
    /// A later process registered under this name.
    case otherIncarnation(UInt64)
    case fenced(String)

    package var description: String {
        switch self {
        case .unknownNode: "the catalog does not know this node"
        case .otherIncarnation(let number): "another process registered under this node's name (incarnation \(number))"
        case .fenced(let reason): "this node was fenced: \(reason)"
        }
    }
}
