package import Vocabulary

extension PlacementRows {
    package enum SettleOutcome: Equatable, Sendable {
        /// The row is stable now.
        case settled(Placement)
        /// The row has changed since it was read; nil where it is gone.
        case differs(Placement?)
    }

    /// Ends a move without a new owner: the row has a new version and the same epoch, which is what lets a frozen source
    /// resume (rule R1). Anyone may send it before the commit; after it the version differs.
    ///
    /// - Throws: `CatalogError`.
    package func abort(
        _ placement: Placement, reason: String, at now: WallTime
    ) async throws(CatalogError) -> SettleOutcome {
        try await settle(placement, reason: reason, at: now)
    }

    /// Step 11: the move is over, the new owner serves.
    ///
    /// - Throws: `CatalogError`.
    package func finish(_ placement: Placement, at now: WallTime) async throws(CatalogError) -> SettleOutcome {
        try await settle(placement, reason: nil, at: now)
    }

    /// Rule R2: a starting node does this, under its new incarnation, before it opens anything. What an earlier process of
    /// this node had prepared can then no longer be committed. Moves that arrived here are finished by the same.
    ///
    /// - Returns: how many rows were settled.
    /// - Throws: `CatalogError`.
    package func settleAll(ownedBy node: NodeID, at now: WallTime) async throws(CatalogError) -> Int {
        var settled = 0
        var last: TenantID?
        while true {
            let page = try await moving(ownedBy: node, after: last)
            guard !page.isEmpty else { return settled }
            for row in page {
                if case .settled = try await abort(row, reason: "node \(node) was restarted", at: now) { settled += 1 }
                last = row.tenant
            }
        }
    }

    /// A move that was committed is done, one that was not is aborted: the moves row knows which.
    private func settle(
        _ placement: Placement, reason: String?, at now: WallTime
    ) async throws(CatalogError) -> SettleOutcome {
        var plan = CatalogPlan()
        let seen = read(placement.tenant, in: &plan)
        let set = plan.add(
            """
            UPDATE placements SET state = 'stable', target = NULL, move = NULL, version = version + 1
            WHERE tenant = ?1 AND version = ?2 AND state = 'moving'
            """, [.id(placement.tenant), .bits(placement.version)], expect: .affected(1))
        plan.add(
            """
            UPDATE moves SET updated = ?2, reason = CASE WHEN state = 'committed' THEN reason ELSE ?3 END,
            state = CASE WHEN state = 'committed' THEN 'done' ELSE 'aborted' END
            WHERE id = ?1 AND state NOT IN ('done', 'aborted')
            """, [.text(placement.move ?? ""), .time(now), .textOrNull(reason)])
        ChangeLog.append(.placement, of: placement.tenant, to: &plan)
        if let reason {
            plan.note("move.end", placement.move ?? "", tenant: placement.tenant, detail: ["reason": reason])
        }
        let after = read(placement.tenant, in: &plan)
        do {
            return .settled(try changed(try await store.write(plan, at: now), after))
        } catch .guardFailed(set, let results) {
            return .differs(try row(results, seen))
        }
    }
}
