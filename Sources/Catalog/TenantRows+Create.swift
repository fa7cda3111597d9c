package import Vocabulary

extension TenantRows {
    package enum CreateOutcome: Equatable, Sendable {
        /// In state `creating`: the owner makes the file, then `markReady`.
        case created(TenantRow)
        /// The key is taken by this tenant.
        case exists(TenantRow)
        /// The key is kept for this deleted tenant until it is purged.
        case deleted(TenantRow)
        /// Another tenant gave the key up a short while ago.
        case keyHeld(until: WallTime)
        /// The node that was to own it takes no new tenants.
        case ownerNotUp
    }

    /// Makes the row, its placement (epoch 1, stable) and the log entry in one transaction. Of any number of creators of one
    /// key exactly one gets `created`.
    ///
    /// - Throws: `CatalogError`.
    package func create(
        _ new: NewTenant, on owner: NodeID, at now: WallTime
    ) async throws(CatalogError) -> CreateOutcome {
        // A conflict means that another creator, or a tenant of the same random id, came between our look and our insert;
        // another look settles it.
        for _ in 0..<4 {
            do {
                return try await tryCreate(new, on: owner, at: now)
            } catch .conflict {
                continue
            }
        }
        throw .unavailable("too many creations of \(new.key) at once")
    }

    /// Looks whether `create` would be refused now, and changes nothing.
    ///
    /// - Returns: nil if it would not.
    /// - Throws: `CatalogError`.
    package func rehearseCreate(
        _ new: NewTenant, on owner: NodeID, at now: WallTime
    ) async throws(CatalogError) -> CreateOutcome? {
        var plan = CatalogPlan()
        let guards = CreateGuards(new.key, for: store.freshTenantID(), on: owner, at: now, self, in: &plan)
        do {
            _ = try await store.read(plan)
            return nil
        } catch {
            return try guards.outcome(of: error, self)
        }
    }

    private func tryCreate(
        _ new: NewTenant, on owner: NodeID, at now: WallTime
    ) async throws(CatalogError) -> CreateOutcome {
        let id = store.freshTenantID()
        var plan = CatalogPlan()
        let guards = CreateGuards(new.key, for: id, on: owner, at: now, self, in: &plan)
        insert(new, id: id, owner: owner, at: now, in: &plan)
        plan.step = .init("tenant.create", new.key.string)
        var facts = ["schema": new.schema, "node": owner.name]
        facts["occasion"] = new.occasion
        plan.note("tenant.create", new.key.string, tenant: id, detail: facts)
        ChangeLog.append(.tenant, of: id, to: &plan)
        let made = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(id)], expect: .rows(1))
        do {
            return .created(try TenantRow(try await store.write(plan, at: now)[made].rows[0]))
        } catch {
            return try guards.outcome(of: error, self)
        }
    }

    func insert(_ new: NewTenant, id: TenantID, owner: NodeID, at now: WallTime, in plan: inout CatalogPlan) {
        plan.add(
            """
            INSERT INTO tenants
                (id, key, schema_name, state, durability, labels, quotas, created, renamed, pin, revision, bytes, txid)
            VALUES (?1, ?2, ?3, 'creating', ?4, ?5, ?6, ?7, ?8, ?9, 1, 0, 0)
            """,
            [
                .id(id), .key(new.key), .text(new.schema), .text(new.durability), .text(FlatJSON.text(new.labels)),
                .text(FlatJSON.text(new.quotas)), .time(now), new.boundSince.map { .time($0) } ?? .null,
                .textOrNull(new.pin?.name),
            ])
        plan.add(
            "INSERT INTO placements (tenant, owner, epoch, version, state) VALUES (?1, ?2, 1, 1, 'stable')",
            [.id(id), .node(owner)])
    }

    /// The file is in the owner's journal, durably. Repeating it changes nothing.
    ///
    /// It says so of the owner and the epoch that made the file: where the creation was given to another node meanwhile,
    /// the row stays as it is. So does one that belongs to a sign-up under way: only its confirmation makes it ready.
    ///
    /// - Returns: the row as it is now; nil if it is gone.
    /// - Throws: `CatalogError`.
    package func markReady(
        _ id: TenantID, by owner: NodeID, epoch: Epoch, at now: WallTime
    ) async throws(CatalogError) -> TenantRow? {
        var plan = CatalogPlan()
        plan.isRepeatable = true
        let raised = plan.add(
            """
            UPDATE tenants SET state = 'ready', revision = revision + 1 WHERE id = ?1 AND state = 'creating'
            AND EXISTS (SELECT 1 FROM placements p WHERE p.tenant = ?1 AND p.owner = ?2 AND p.epoch = ?3)
            AND NOT EXISTS (SELECT 1 FROM signups g WHERE g.tenant = ?1 AND g.state = 'open')
            """, [.id(id), .node(owner), .bits(epoch.rawValue)], expect: .affected(1))
        ChangeLog.append(.tenant, of: id, to: &plan)
        let row = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(id)], expect: .rows(1))
        do {
            return try TenantRow(try await store.write(plan, at: now)[row].rows[0])
        } catch .guardFailed(raised, _) {
            return try await find(id)
        }
    }

    /// Gives a creation that its owner cannot finish to another node, under the next epoch. What the first owner may have
    /// made is nobody's: it was never ready, so nobody has written to it.
    ///
    /// - Parameter row: as it was read; another epoch or state wins.
    /// - Returns: the row as it is now; nil if it is gone.
    /// - Throws: `CatalogError`.
    package func reassign(
        _ row: TenantRow, to owner: NodeID, at now: WallTime
    ) async throws(CatalogError) -> TenantRow? {
        var plan = CatalogPlan()
        plan.isRepeatable = true
        LeftoverRows.note(placementOf: row.id, at: now, in: &plan)
        let set = plan.add(
            """
            UPDATE placements SET owner = ?3, epoch = epoch + 1, version = version + 1
            WHERE tenant = ?1 AND version = ?2 AND state = 'stable'
            AND EXISTS (SELECT 1 FROM tenants t WHERE t.id = ?1 AND t.state = 'creating')
            AND EXISTS (SELECT 1 FROM nodes n WHERE n.id = ?3 AND n.state = 'up')
            """, [.id(row.id), .bits(row.placement.version), .node(owner)], expect: .affected(1))
        ChangeLog.append(.placement, of: row.id, to: &plan)
        let after = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(row.id)], expect: .rows(1))
        do {
            return try TenantRow(try await store.write(plan, at: now)[after].rows[0])
        } catch .guardFailed(set, _) {
            return try await find(row.id)
        }
    }

    /// Takes a creation back that cannot be finished anywhere. The key is free at once: the tenant was never ready.
    ///
    /// - Parameter row: as it was read; another epoch or state wins.
    /// - Returns: false if it is no longer being created so.
    /// - Throws: `CatalogError`.
    package func abandon(_ row: TenantRow, at now: WallTime) async throws(CatalogError) -> Bool {
        var plan = CatalogPlan()
        plan.isRepeatable = true
        let identity = [CatalogValue.id(row.id), .bits(row.placement.version)]
        let unready = plan.add(
            """
            SELECT t.id FROM tenants t JOIN placements p ON p.tenant = t.id
            WHERE t.id = ?1 AND p.version = ?2 AND p.state = 'stable'
            AND (t.state = 'creating' OR (t.state IN ('deleted', 'purging') AND t.state_before = 'creating'))
            AND NOT EXISTS (SELECT 1 FROM signups g WHERE g.tenant = ?1 AND g.state = 'open')
            """, identity, expect: .rows(1))
        LeftoverRows.note(placementOf: row.id, at: now, in: &plan)
        ChangeLog.append(.tenant, of: row.id, to: &plan)
        plan.add("DELETE FROM tenants WHERE id = ?1", [.id(row.id)], expect: .affected(1))
        plan.add("DELETE FROM placements WHERE tenant = ?1 AND version = ?2", identity, expect: .affected(1))
        ClaimRows.removeAll(of: row.id, in: &plan)
        plan.note("tenant.abandon", row.key.string, tenant: row.id)
        do {
            _ = try await store.write(plan, at: now)
            return true
        } catch .guardFailed(unready, _) {
            return false
        }
    }
    private var keyHold: Int64 { store.keyHold }

    /// - Returns: the guard's index.
    func guardKeyHold(_ key: TenantKey, for tenant: TenantID, at now: WallTime, in plan: inout CatalogPlan) -> Int {
        plan.add(
            "SELECT freed FROM freed_keys WHERE key = ?1 AND tenant <> ?2 AND freed > ?3",
            // Without a hold not even a clock that was set back holds a key.
            [.key(key), .id(tenant), .integer(keyHold == 0 ? .max : now.milliseconds - keyHold)], expect: .rows(0))
    }

    func heldUntil(_ result: CatalogRows) throws(CatalogError) -> WallTime {
        var reader = RowReader("freed_keys", result.rows[0])
        return WallTime(milliseconds: try reader.integer() + keyHold)
    }
}

/// What must hold for a tenant to be made.
struct CreateGuards {
    private let free: Int
    private let released: Int
    private let up: Int

    init(
        _ key: TenantKey, for id: TenantID, on owner: NodeID, at now: WallTime, _ rows: TenantRows,
        in plan: inout CatalogPlan
    ) {
        free = plan.add("\(TenantRow.select) WHERE t.key = ?1", [.key(key)], expect: .rows(0))
        released = rows.guardKeyHold(key, for: id, at: now, in: &plan)
        up = plan.add("SELECT id FROM nodes WHERE id = ?1 AND state = 'up'", [.node(owner)], expect: .rows(1))
    }

    /// - Throws: the error, where it is none of these guards'.
    func outcome(of error: CatalogError, _ rows: TenantRows) throws(CatalogError) -> TenantRows.CreateOutcome {
        switch error {
        case .guardFailed(free, let results):
            let row = try TenantRow(results[free].rows[0])
            return row.state == .deleted || row.state == .purging ? .deleted(row) : .exists(row)
        case .guardFailed(released, let results):
            return .keyHeld(until: try rows.heldUntil(results[released]))
        case .guardFailed(up, _): return .ownerNotUp
        default: throw error
        }
    }
}
