package import Vocabulary

extension TenantRows {
    package enum RenameOutcome: Equatable, Sendable {
        case renamed(TenantRow)
        case notFound
        /// It is deleted, or was not made whole yet.
        case notRenamable(TenantRow)
        /// The new key is taken by this tenant, perhaps a deleted one.
        case exists(TenantRow)
        case keyHeld(until: WallTime)
    }

    /// Binds the tenant to another key. Its id, its file and its owner stay; the old key is held for `keyHold`, during which
    /// only this tenant may take it back.
    ///
    /// - Throws: `CatalogError`.
    package func rename(
        _ id: TenantID, to key: TenantKey, at now: WallTime
    ) async throws(CatalogError) -> RenameOutcome {
        var plan = CatalogPlan()
        let found = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(id)], expect: .rows(1))
        let free = plan.add(
            "\(TenantRow.select) WHERE t.key = ?1 AND t.id <> ?2", [.key(key), .id(id)], expect: .rows(0))
        let released = guardKeyHold(key, for: id, at: now, in: &plan)
        release(keyOf: id, unless: key, at: now, in: &plan)
        plan.add("DELETE FROM freed_keys WHERE key = ?1 AND tenant = ?2", [.key(key), .id(id)])
        let changed = plan.add(
            """
            UPDATE tenants SET key = ?2, renamed = ?3, revision = revision + 1
            WHERE id = ?1 AND state NOT IN ('creating', 'deleted', 'purging')
            """, [.id(id), .key(key), .time(now)], expect: .affected(1))
        ChangeLog.append(.tenant, of: id, to: &plan)
        let row = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(id)], expect: .rows(1))
        do {
            return .renamed(try TenantRow(try await store.write(plan, at: now)[row].rows[0]))
        } catch .guardFailed(found, _) {
            return .notFound
        } catch .guardFailed(free, let results) {
            return .exists(try TenantRow(results[free].rows[0]))
        } catch .guardFailed(released, let results) {
            return .keyHeld(until: try heldUntil(results[released]))
        } catch .guardFailed(changed, let results) {
            return .notRenamable(try TenantRow(results[found].rows[0]))
        } catch .conflict {
            guard let winner = try await find(key) else { throw .unavailable("\(key) was bound and freed meanwhile") }
            return .exists(winner)
        }
    }

    /// Holds a tenant's present key, so that nobody else binds it while routers may still remember it.
    func release(keyOf id: TenantID, unless key: TenantKey? = nil, at now: WallTime, in plan: inout CatalogPlan) {
        plan.add(
            """
            INSERT INTO freed_keys (key, tenant, freed) SELECT key, id, ?2 FROM tenants WHERE id = ?1 AND key <> ?3
            ON CONFLICT (key) DO UPDATE SET tenant = excluded.tenant, freed = excluded.freed
            """, [.id(id), .time(now), .text(key?.string ?? "")])
    }

    /// What an operator may set; nil leaves a field as it is.
    package struct Patch: Equatable, Sendable {
        /// Merged into the labels; nil removes one.
        package var labels: [String: String?] = [:]
        /// Merged into the quotas; nil removes one.
        package var quotas: [String: Int64?] = [:]
        /// `ready`, `readOnly` or `blocked`.
        package var state: TenantRow.State?
        /// `.some(nil)` unpins.
        package var pin: NodeID??

        package init() {}
    }

    package enum PatchOutcome: Equatable, Sendable {
        case patched(TenantRow)
        case notFound
        /// It is deleted or not ready yet, or the state asked for is not one to be set.
        case notPatchable(TenantRow)
    }

    /// Merges a patch into the row as it is now. Two patches at once are applied one after the other.
    ///
    /// - Throws: `CatalogError`.
    package func patch(_ id: TenantID, _ patch: Patch, at now: WallTime) async throws(CatalogError) -> PatchOutcome {
        for _ in 0..<8 {
            guard let row = try await find(id) else { return .notFound }
            guard let merged = row.applying(patch) else { return .notPatchable(row) }
            if let done = try await replace(row, by: merged, at: now) { return .patched(done) }
        }
        throw .unavailable("too many changes of tenant \(id) at once")
    }

    /// - Returns: nil if the row has changed since it was read.
    private func replace(
        _ row: TenantRow, by merged: TenantRow, at now: WallTime
    ) async throws(CatalogError) -> TenantRow? {
        var plan = CatalogPlan()
        let changed = plan.add(
            """
            UPDATE tenants SET state = ?3, labels = ?4, quotas = ?5, pin = ?6, revision = revision + 1
            WHERE id = ?1 AND revision = ?2
            """,
            [
                .id(row.id), .bits(row.revision), .text(merged.state.rawValue), .text(FlatJSON.text(merged.labels)),
                .text(FlatJSON.text(merged.quotas)), .textOrNull(merged.pin?.name),
            ], expect: .affected(1))
        ChangeLog.append(.tenant, of: row.id, to: &plan)
        let read = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(row.id)], expect: .rows(1))
        do {
            return try TenantRow(try await store.write(plan, at: now)[read].rows[0])
        } catch .guardFailed(changed, _) {
            return nil
        }
    }

    /// What a node reports about a tenant that it holds.
    package struct Usage: Equatable, Sendable {
        package var tenant: TenantID
        package var bytes: Int64
        package var txid: TxID
        package var used: WallTime?

        package init(tenant: TenantID, bytes: Int64, txid: TxID, used: WallTime?) {
            self.tenant = tenant
            self.bytes = bytes
            self.txid = txid
            self.used = used
        }
    }

    /// Stores reports, at most 500 a call. Not in the change log: no router cares. A node that does not own a tenant (any
    /// more) changes nothing of it.
    ///
    /// - Throws: `CatalogError`.
    package func report(_ usage: [Usage], from node: NodeID, at now: WallTime) async throws(CatalogError) {
        guard !usage.isEmpty else { return }
        var plan = CatalogPlan()
        for one in usage {
            plan.add(
                """
                UPDATE tenants SET bytes = ?2, txid = ?3, used = COALESCE(?4, used) WHERE id = ?1
                AND EXISTS (SELECT 1 FROM placements p WHERE p.tenant = ?1 AND p.owner = ?5)
                """,
                [
                    .id(one.tenant), .integer(one.bytes), .bits(one.txid.rawValue),
                    one.used.map { .time($0) } ?? .null, .node(node),
                ])
        }
        _ = try await store.write(plan, at: now)
    }
}

extension TenantRow {
    private static let settable: [State] = [.ready, .readOnly, .blocked]

    /// The row with a patch merged in; nil where the patch is not allowed.
    func applying(_ patch: TenantRows.Patch) -> TenantRow? {
        guard Self.settable.contains(state), patch.state.map(Self.settable.contains) ?? true else { return nil }
        var row = self
        for (name, value) in patch.labels { row.labels[name] = value }
        for (name, value) in patch.quotas { row.quotas[name] = value }
        if let state = patch.state { row.state = state }
        if let pin = patch.pin { row.pin = pin }
        return row
    }
}
