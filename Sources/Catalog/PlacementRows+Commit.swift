package import Vocabulary

/// What step 8 of a move names: everything that must still be true for the owner to change.
package struct MoveCommit: Equatable, Sendable {
    package var tenant: TenantID
    package var move: String
    /// Of the prepared row.
    package var version: UInt64
    package var source: NodeID
    /// The source process that froze the tenant (rule R2): one that has been restarted or fenced since commits nothing.
    package var incarnation: UInt64
    /// What source and target agreed on (rule R4).
    package var txid: TxID
    package var checksum: UInt64

    package init(
        tenant: TenantID, move: String, version: UInt64, source: NodeID, incarnation: UInt64, txid: TxID,
        checksum: UInt64
    ) {
        self.tenant = tenant
        self.move = move
        self.version = version
        self.source = source
        self.incarnation = incarnation
        self.txid = txid
        self.checksum = checksum
    }
}

extension PlacementRows {
    package enum CommitOutcome: Equatable, Sendable {
        /// The target owns it, one epoch on.
        case committed(Placement)
        /// The row has changed since it was prepared; nil where it is gone.
        case differs(Placement?)
        /// The row is as prepared, but the source is not that process any more, or the target is not up.
        case nodesNotUp(Placement)
    }

    /// Step 8, the single point at which a tenant changes hands; sent by the source only.
    ///
    /// A draining source commits (that is what draining is); a fenced one cannot.
    ///
    /// - Throws: `CatalogError`; after `outcomeUnknown` only a row that differs tells.
    package func commit(_ commit: MoveCommit, at now: WallTime) async throws(CatalogError) -> CommitOutcome {
        var plan = CatalogPlan()
        let seen = read(commit.tenant, in: &plan)
        let asPrepared = plan.add(
            """
            SELECT tenant FROM placements
            WHERE tenant = ?1 AND version = ?2 AND state = 'moving' AND move = ?3 AND owner = ?4
            """, [.id(commit.tenant), .bits(commit.version), .text(commit.move), .node(commit.source)], expect: .rows(1)
        )
        let set = plan.add(
            """
            UPDATE placements SET owner = target, epoch = epoch + 1, version = version + 1
            WHERE tenant = ?1 AND version = ?2
            AND EXISTS (SELECT 1 FROM nodes s WHERE s.id = ?3 AND s.incarnation = ?4 AND s.state <> 'fenced')
            AND EXISTS (SELECT 1 FROM nodes g WHERE g.id = placements.target AND g.state = 'up')
            """, [.id(commit.tenant), .bits(commit.version), .node(commit.source), .bits(commit.incarnation)],
            expect: .affected(1))
        plan.add(
            "UPDATE moves SET state = 'committed', txid = ?2, checksum = ?3, updated = ?4 WHERE id = ?1",
            [.text(commit.move), .bits(commit.txid.rawValue), .bits(commit.checksum), .time(now)])
        ChangeLog.append(.placement, of: commit.tenant, to: &plan)
        plan.note("move.commit", commit.move, tenant: commit.tenant, detail: ["from": commit.source.name])
        let after = read(commit.tenant, in: &plan)
        do {
            return .committed(try changed(try await store.write(plan, at: now), after))
        } catch .guardFailed(asPrepared, let results) {
            return .differs(try row(results, seen))
        } catch .guardFailed(set, let results) {
            return .nodesNotUp(try changed(results, seen))
        }
    }
}
