package import Vocabulary

/// Which users changed, for those who remember their sessions: state, sessions ended, memberships. Gap-free and in the order of
/// commits, in 16 counters by user, as `ChangeLog` is for tenants.
package struct UserChangeLog: Sendable {
    package static let buckets = 16
    /// Rows read from one counter at a time.
    package static let page = 256
    /// Entries that are kept in each counter. A reader further behind starts afresh.
    static let kept = 10_000

    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    static func bucket(of user: UserID) -> Int { Int(user.rawValue % UInt64(buckets)) }

    /// How far a counter is.
    package struct Head: Equatable, Sendable {
        package var seq: UInt64
        /// Whom its last entry is about: where commits were lost, another one may have got its number.
        package var user: UserID?

        package init(seq: UInt64, user: UserID?) {
            self.seq = seq
            self.user = user
        }
    }

    /// The newest entry of every counter, by counter.
    ///
    /// - Throws: `CatalogError`.
    package func heads() async throws(CatalogError) -> [Head] {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT c.seq, (SELECT u.user_id FROM user_changes u WHERE u.bucket = c.bucket AND u.seq = c.seq)
            FROM user_change_counters c ORDER BY c.bucket
            """, expect: .rows(Self.buckets))
        var heads: [Head] = []
        for row in try await store.read(plan)[0].rows {
            var reader = RowReader("user_change_counters", row)
            heads.append(
                Head(seq: try reader.bits(), user: try reader.integerOrNull().map { UserID(UInt64(bitPattern: $0)) }))
        }
        return heads
    }

    /// Up to `page` changes of one counter after a number, oldest first. The first one's number is `after + 1` unless older
    /// ones have been trimmed away.
    ///
    /// - Throws: `CatalogError`.
    package func changes(in bucket: Int, after seq: UInt64) async throws(CatalogError) -> [UserChange] {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT seq, user_id FROM user_changes WHERE bucket = ?1 AND seq > ?2 ORDER BY seq LIMIT \(Self.page)
            """, [.integer(Int64(bucket)), .bits(seq)])
        var changes: [UserChange] = []
        for row in try await store.read(plan)[0].rows {
            var reader = RowReader("user_changes", row)
            changes.append(UserChange(seq: try reader.bits(), user: try reader.user()))
        }
        return changes
    }

    static func append(_ user: UserID, to plan: inout CatalogPlan) {
        let bucket = CatalogValue.integer(Int64(bucket(of: user)))
        plan.add(
            "UPDATE user_change_counters SET seq = seq + 1 WHERE bucket = ?1", [bucket], expect: .affected(1))
        plan.add(
            """
            INSERT INTO user_changes (bucket, seq, user_id)
            SELECT c.bucket, c.seq, ?2 FROM user_change_counters c WHERE c.bucket = ?1
            """, [bucket, .user(user)], expect: .affected(1))
    }

    static func trim(in plan: inout CatalogPlan) {
        for bucket in 0..<buckets {
            plan.add(
                """
                DELETE FROM user_changes WHERE bucket = ?1
                AND seq <= (SELECT c.seq - ?2 FROM user_change_counters c WHERE c.bucket = ?1)
                """, [.integer(Int64(bucket)), .integer(Int64(kept))])
        }
    }
}

/// One entry of the log.
package struct UserChange: Equatable, Sendable {
    package var seq: UInt64
    package var user: UserID

    package init(seq: UInt64, user: UserID) {
        self.seq = seq
        self.user = user
    }
}
