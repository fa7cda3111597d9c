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

    private func tryCreate(
        _ new: NewTenant, on owner: NodeID, at now: WallTime
    ) async throws(CatalogError) -> CreateOutcome {
        let id = store.freshTenantID()
        var plan = CatalogPlan()
        let free = plan.add("\(TenantRow.select) WHERE t.key = ?1", [.key(new.key)], expect: .rows(0))
        let released = guardKeyHold(new.key, for: id, at: now, in: &plan)
        let up = plan.add("SELECT id FROM nodes WHERE id = ?1 AND state = 'up'", [.node(owner)], expect: .rows(1))
        insert(new, id: id, owner: owner, at: now, in: &plan)
        ChangeLog.append(.tenant, of: id, to: &plan)
        let made = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(id)], expect: .rows(1))
        do {
            return .created(try TenantRow(try await store.write(plan, at: now)[made].rows[0]))
        } catch .guardFailed(free, let results) {
            let row = try TenantRow(results[free].rows[0])
            return row.state == .deleted ? .deleted(row) : .exists(row)
        } catch .guardFailed(released, let results) {
            return .keyHeld(until: try heldUntil(results[released]))
        } catch .guardFailed(up, _) {
            return .ownerNotUp
        }
    }

    private func insert(_ new: NewTenant, id: TenantID, owner: NodeID, at now: WallTime, in plan: inout CatalogPlan) {
        plan.add(
            """
            INSERT INTO tenants (id, key, schema_name, state, durability, labels, quotas, created, revision, bytes, txid)
            VALUES (?1, ?2, ?3, 'creating', ?4, ?5, ?6, ?7, 1, 0, 0)
            """,
            [
                .id(id), .key(new.key), .text(new.schema), .text(new.durability), .text(FlatJSON.text(new.labels)),
                .text(FlatJSON.text(new.quotas)), .time(now),
            ])
        plan.add(
            "INSERT INTO placements (tenant, owner, epoch, version, state) VALUES (?1, ?2, 1, 1, 'stable')",
            [.id(id), .node(owner)])
    }

    /// The file is in the owner's journal, durably. Repeating it changes nothing.
    ///
    /// - Returns: the row as it is now; nil if it is gone.
    /// - Throws: `CatalogError`.
    package func markReady(_ id: TenantID, at now: WallTime) async throws(CatalogError) -> TenantRow? {
        var plan = CatalogPlan()
        let raised = plan.add(
            "UPDATE tenants SET state = 'ready', revision = revision + 1 WHERE id = ?1 AND state = 'creating'",
            [.id(id)], expect: .affected(1))
        ChangeLog.append(.tenant, of: id, to: &plan)
        let row = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(id)], expect: .rows(1))
        do {
            return try TenantRow(try await store.write(plan, at: now)[row].rows[0])
        } catch .guardFailed(raised, _) {
            return try await find(id)
        }
    }

    /// - Returns: the guard's index.
    func guardKeyHold(_ key: TenantKey, for tenant: TenantID, at now: WallTime, in plan: inout CatalogPlan) -> Int {
        plan.add(
            "SELECT freed FROM freed_keys WHERE key = ?1 AND tenant <> ?2 AND freed > ?3",
            [.key(key), .id(tenant), .integer(now.milliseconds - keyHold)], expect: .rows(0))
    }

    func heldUntil(_ result: CatalogRows) throws(CatalogError) -> WallTime {
        var reader = RowReader("freed_keys", result.rows[0])
        return WallTime(milliseconds: try reader.integer() + keyHold)
    }
}
