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

    /// Binds the tenant to another key. Its id, its file and its owner stay; the old key is held for the key hold, during
    /// which only this tenant may take it back.
    ///
    /// - Throws: `CatalogError`.
    package func rename(
        _ id: TenantID, to key: TenantKey, at now: WallTime
    ) async throws(CatalogError) -> RenameOutcome {
        var patch = Patch()
        patch.key = key
        switch try await self.patch(id, patch, at: now) {
        case .patched(let row): return .renamed(row)
        case .notFound: return .notFound
        case .notPatchable(let row): return .notRenamable(row)
        case .exists(let row): return .exists(row)
        case .keyHeld(let until): return .keyHeld(until: until)
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
        package var key: TenantKey?
        /// Merged into the labels; nil removes one.
        package var labels: [String: String?] = [:]
        /// Merged into the quotas; nil removes one.
        package var quotas: [String: Int64?] = [:]
        /// `ready`, `readOnly` or `blocked`.
        package var state: TenantRow.State?
        /// `.some(nil)` unpins.
        package var pin: NodeID??
        package var isIsolated: Bool?

        package init() {}
    }

    package enum PatchOutcome: Equatable, Sendable {
        case patched(TenantRow)
        case notFound
        /// It is deleted or not ready yet, or the state asked for is not one to be set.
        case notPatchable(TenantRow)
        /// The new key is taken by this tenant, perhaps a deleted one.
        case exists(TenantRow)
        case keyHeld(until: WallTime)
    }

    /// Two dozen callers at once all come through.
    private static let patchAttempts = 40

    /// Merges a patch into the row as it is now, all of it or nothing. Patches at once are applied one after the other.
    ///
    /// - Throws: `CatalogError`; `conflict` where others came before again and again.
    package func patch(_ id: TenantID, _ patch: Patch, at now: WallTime) async throws(CatalogError) -> PatchOutcome {
        for attempt in 1...Self.patchAttempts {
            guard let row = try await find(id) else { return .notFound }
            guard let merged = row.applying(patch) else { return .notPatchable(row) }
            if let done = try await replace(row, by: merged, at: now) { return done }
            await store.pause(before: attempt)
        }
        throw .conflict(statement: 0)
    }

    /// Looks what `patch` would come to now, and changes nothing.
    ///
    /// - Returns: `.patched` with the row as it would be.
    /// - Throws: `CatalogError`.
    package func rehearse(_ id: TenantID, _ patch: Patch, at now: WallTime) async throws(CatalogError) -> PatchOutcome {
        guard let row = try await find(id) else { return .notFound }
        guard let merged = row.applying(patch) else { return .notPatchable(row) }
        var plan = CatalogPlan()
        let guards = KeyGuards(merged, from: row, at: now, self, in: &plan)
        do {
            if guards != nil { _ = try await store.read(plan) }
            return .patched(merged)
        } catch {
            return try guards!.outcome(of: error, self)
        }
    }

    /// - Returns: nil if the row has changed since it was read.
    private func replace(
        _ row: TenantRow, by merged: TenantRow, at now: WallTime
    ) async throws(CatalogError) -> PatchOutcome? {
        var plan = CatalogPlan()
        plan.note("tenant.change", row.key.string, tenant: row.id, detail: merged.differences(from: row))
        let guards = KeyGuards(merged, from: row, at: now, self, in: &plan)
        if guards != nil {
            release(keyOf: row.id, unless: merged.key, at: now, in: &plan)
            plan.add("DELETE FROM freed_keys WHERE key = ?1 AND tenant = ?2", [.key(merged.key), .id(row.id)])
        }
        let changed = plan.add(
            """
            UPDATE tenants SET key = ?3, renamed = ?4, state = ?5, labels = ?6, quotas = ?7, pin = ?8, isolated = ?9,
            revision = revision + 1 WHERE id = ?1 AND revision = ?2
            """,
            [
                .id(row.id), .bits(row.revision), .key(merged.key),
                (guards == nil ? row.renamed : now).map { .time($0) } ?? .null, .text(merged.state.rawValue),
                .text(FlatJSON.text(merged.labels)), .text(FlatJSON.text(merged.quotas)),
                .textOrNull(merged.pin?.name), .flag(merged.isIsolated),
            ], expect: .affected(1))
        ChangeLog.append(.tenant, of: row.id, to: &plan)
        let read = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(row.id)], expect: .rows(1))
        do {
            return .patched(try TenantRow(try await store.write(plan, at: now)[read].rows[0]))
        } catch .guardFailed(changed, _) {
            return nil
        } catch .conflict where guards != nil {
            // Somebody has bound the key between our look and our update.
            return try await find(merged.key).map { .exists($0) }
        } catch {
            guard let guards else { throw error }
            return try guards.outcome(of: error, self)
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
    /// What an operator has changed, for the audit log.
    fileprivate func differences(from old: TenantRow) -> [String: String] {
        var facts: [String: String] = [:]
        if key != old.key { facts["key"] = key.string }
        if state != old.state { facts["state"] = state.rawValue }
        if labels != old.labels { facts["labels"] = FlatJSON.text(labels) }
        if quotas != old.quotas { facts["quotas"] = FlatJSON.text(quotas) }
        if pin != old.pin { facts["pin"] = pin?.name ?? "(none)" }
        if isIsolated != old.isIsolated { facts["isolated"] = String(isIsolated) }
        return facts
    }

    private static let settable: [State] = [.ready, .readOnly, .blocked]

    /// The row with a patch merged in; nil where the patch is not allowed.
    func applying(_ patch: TenantRows.Patch) -> TenantRow? {
        guard Self.settable.contains(state), patch.state.map(Self.settable.contains) ?? true else { return nil }
        var row = self
        if let key = patch.key { row.key = key }
        for (name, value) in patch.labels { row.labels[name] = value }
        for (name, value) in patch.quotas { row.quotas[name] = value }
        if let state = patch.state { row.state = state }
        if let pin = patch.pin { row.pin = pin }
        if let isIsolated = patch.isIsolated { row.isIsolated = isIsolated }
        return row
    }
}

/// What must hold for a tenant to get another key.
private struct KeyGuards {
    private let free: Int
    private let released: Int

    /// - Returns: nil if the key stays.
    init?(
        _ merged: TenantRow, from row: TenantRow, at now: WallTime, _ rows: TenantRows, in plan: inout CatalogPlan
    ) {
        guard merged.key != row.key else { return nil }
        free = plan.add(
            "\(TenantRow.select) WHERE t.key = ?1 AND t.id <> ?2", [.key(merged.key), .id(row.id)], expect: .rows(0))
        released = rows.guardKeyHold(merged.key, for: row.id, at: now, in: &plan)
    }

    /// - Throws: the error, where it is none of these guards'.
    func outcome(of error: CatalogError, _ rows: TenantRows) throws(CatalogError) -> TenantRows.PatchOutcome {
        switch error {
        case .guardFailed(free, let results): return .exists(try TenantRow(results[free].rows[0]))
        case .guardFailed(released, let results): return .keyHeld(until: try rows.heldUntil(results[released]))
        default: throw error
        }
    }
}
