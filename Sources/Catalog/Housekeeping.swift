package import Vocabulary

/// Forgets what has served its time, a bounded piece at a time. Run now and then by the process that holds the catalog.
package struct Housekeeping: Sendable {
    /// What is kept, and for how long.
    package struct Retention: Equatable, Sendable {
        /// Milliseconds for which a mutating transaction may be repeated: longer than any request that is done once.
        package var operations: Int64 = 26 * 3600 * 1000
        /// Milliseconds for which a freed key is held.
        package var freedKeys: Int64 = TenantRows.defaultKeyHold
        /// Entries of the change log kept in each counter. A reader further behind starts afresh.
        package var changes: Int = 10_000
        /// Milliseconds for which a move that is over stays in the history; longer than a tenant that left is kept.
        package var moves: Int64 = 90 * 24 * 3600 * 1000
        /// Milliseconds for which the audit log is kept.
        package var audit: Int64 = 400 * 24 * 3600 * 1000
        /// Milliseconds for which a session stays in its user's list after its end.
        package var sessions: Int64 = 24 * 3600 * 1000
        /// Milliseconds for which a node that is away is waited for to drop files that no row names.
        package var leftovers: Int64 = 90 * 24 * 3600 * 1000

        package init() {}
    }

    package static let piece = 1000
    /// Pieces of one `sweepAll`: so many rows of a kind at most.
    private static let pieces = 100

    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// Removes what there is to remove, up to 100,000 rows of each kind, a piece at a time.
    ///
    /// - Returns: how many rows went.
    /// - Throws: `CatalogError`.
    package func sweepAll(_ retention: Retention, at now: WallTime) async throws(CatalogError) -> Int {
        var swept = 0
        for _ in 0..<Self.pieces {
            let piece = try await sweep(retention, at: now)
            swept += piece
            if piece < Self.piece { break }
        }
        return swept
    }

    /// Removes up to 1,000 rows of each kind.
    ///
    /// - Returns: how many rows went; when it is far above 0, call again soon.
    /// - Throws: `CatalogError`.
    package func sweep(_ retention: Retention, at now: WallTime) async throws(CatalogError) -> Int {
        var plan = CatalogPlan()
        plan.add(
            """
            DELETE FROM operations WHERE id IN
            (SELECT id FROM operations WHERE recorded < ?1 ORDER BY recorded LIMIT \(Self.piece))
            """, [.integer(now.milliseconds - retention.operations)])
        plan.add(
            """
            DELETE FROM freed_keys WHERE key IN (SELECT key FROM freed_keys WHERE freed <= ?1 LIMIT \(Self.piece))
            """, [.integer(now.milliseconds - retention.freedKeys)])
        plan.add(
            """
            DELETE FROM revoked_tokens WHERE jti IN
            (SELECT jti FROM revoked_tokens WHERE valid_until < ?1 ORDER BY valid_until LIMIT \(Self.piece))
            """, [.time(now)])
        plan.add(
            """
            DELETE FROM moves WHERE id IN (SELECT id FROM moves
            WHERE state IN ('done', 'aborted') AND updated < ?1 ORDER BY updated LIMIT \(Self.piece))
            """, [.integer(now.milliseconds - retention.moves)])
        plan.add(
            """
            DELETE FROM audit WHERE recorded < ?1 AND recorded <= (SELECT MAX(o.recorded) FROM
            (SELECT recorded FROM audit WHERE recorded < ?1 ORDER BY recorded LIMIT \(Self.piece)) o)
            """, [.integer(now.milliseconds - retention.audit)])
        plan.add(
            """
            DELETE FROM request_keys WHERE id IN
            (SELECT id FROM request_keys WHERE created <= ?1 ORDER BY created LIMIT \(Self.piece))
            """, [.integer(now.milliseconds - RequestKeyRows.lifetime)])
        SessionRows.sweep(endedBefore: WallTime(milliseconds: now.milliseconds - retention.sessions), in: &plan)
        SignUpRows.sweep(at: now, in: &plan)
        LeftoverRows.sweep(
            notedBefore: WallTime(milliseconds: now.milliseconds - retention.leftovers), in: &plan)
        UserChangeLog.trim(in: &plan)
        for bucket in 0..<ChangeLog.buckets {
            plan.add(
                """
                DELETE FROM changes WHERE bucket = ?1
                AND seq <= (SELECT c.seq - ?2 FROM change_counters c WHERE c.bucket = ?1)
                """, [.integer(Int64(bucket)), .integer(Int64(retention.changes))])
        }
        return try await store.write(plan, at: now).reduce(0) { $0 + $1.affected }
    }
}
