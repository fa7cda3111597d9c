package import Vocabulary

/// A key pair by which tenant tokens are signed.
package struct SigningKeyRow: Equatable, Sendable {
    package var kid: String
    package var publicKey: [UInt8]
    package var privateKey: [UInt8]
    package var created: WallTime
    /// Set when it signs no more; what it signed before stays valid until the row goes.
    package var retired: WallTime?

    package init(
        kid: String, publicKey: [UInt8], privateKey: [UInt8], created: WallTime, retired: WallTime? = nil
    ) {
        self.kid = kid
        self.publicKey = publicKey
        self.privateKey = privateKey
        self.created = created
        self.retired = retired
    }
}

/// The signing keys' rows.
package struct SigningKeyRows: Sendable {
    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// All keys, oldest first; at most 1,000. The newest that is not retired signs, all verify.
    ///
    /// - Throws: `CatalogError`.
    package func list() async throws(CatalogError) -> [SigningKeyRow] {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT kid, public_key, private_key, created, retired FROM signing_keys ORDER BY created, kid LIMIT 1000
            """)
        var keys: [SigningKeyRow] = []
        for row in try await store.read(plan)[0].rows {
            var reader = RowReader("signing_keys", row)
            keys.append(
                SigningKeyRow(
                    kid: try reader.text(), publicKey: try reader.blob(), privateKey: try reader.blob(),
                    created: try reader.time(), retired: try reader.timeOrNull()))
        }
        return keys
    }

    /// Keys at most: a token that names none is tried against each.
    package static let most = 16

    package enum AddOutcome: Equatable, Sendable {
        /// Under this id: that of an earlier copy of the request, where there was one.
        case added(String)
        /// Another signs already.
        case notFirst
        case tooMany
    }

    /// Milliseconds by which the clocks of the nodes that make keys may differ without keys getting out of order.
    private static let skew: Int64 = 3_600_000

    /// Adds a key: the newest, also where an earlier one was made by a clock that is ahead.
    ///
    /// - Parameter onlyFirst: adds it only where no key signs yet, so that nodes that start together agree on one.
    /// - Throws: `CatalogError`; `conflict` where the id is taken.
    package func add(_ key: SigningKeyRow, onlyFirst: Bool = false) async throws(CatalogError) -> AddOutcome {
        var plan = CatalogPlan()
        let none = plan.add(
            "SELECT kid FROM signing_keys WHERE retired IS NULL LIMIT 1", expect: onlyFirst ? .rows(0) : .any)
        let room = plan.add(
            "SELECT id FROM flag_counter WHERE id = 1 AND (SELECT COUNT(*) FROM signing_keys) < \(Self.most)",
            expect: .rows(1))
        plan.add(
            """
            INSERT INTO signing_keys (kid, public_key, private_key, created)
            SELECT ?1, ?2, ?3, CASE WHEN k.newest >= ?4 AND k.newest < ?5 THEN k.newest + 1 ELSE ?4 END
            FROM (SELECT COALESCE(MAX(s.created), 0) AS newest FROM signing_keys s) k
            """,
            [
                .text(key.kid), .blob(key.publicKey), .blob(key.privateKey), .time(key.created),
                .integer(key.created.milliseconds + Self.skew),
            ])
        let made = plan.add("SELECT kid FROM signing_keys WHERE kid = ?1", [.text(key.kid)], expect: .rows(1))
        ChangeLog.appendKeys(to: &plan)
        plan.step = .init("key.add")
        plan.note("key.add", key.kid)
        do {
            var reader = RowReader("signing_keys", try await store.write(plan, at: key.created)[made].rows[0])
            return .added(try reader.text())
        } catch .guardFailed(none, _) where onlyFirst {
            return .notFirst
        } catch .guardFailed(room, _) {
            return .tooMany
        }
    }

    package enum EndOutcome: Equatable, Sendable {
        case done
        case notFound
        /// No other key signs.
        case lastOne
    }

    /// The key signs no more; what it signed before stays valid. Repeating it changes nothing.
    ///
    /// - Parameter before: another key must be there that signs and was made before this.
    /// - Throws: `CatalogError`.
    package func retire(_ kid: String, ifAnotherBefore before: WallTime, at now: WallTime) async throws(CatalogError)
        -> EndOutcome
    {
        try await end(
            kid, before, "UPDATE signing_keys SET retired = COALESCE(retired, ?2) WHERE kid = ?1",
            [.text(kid), .time(now)], "key.retire", at: now)
    }

    /// The key is gone: nothing that it signed is valid any more.
    ///
    /// - Throws: `CatalogError`.
    package func remove(_ kid: String, ifAnotherBefore before: WallTime, at now: WallTime) async throws(CatalogError)
        -> EndOutcome
    {
        try await end(
            kid, before, "DELETE FROM signing_keys WHERE kid = ?1", [.text(kid)], "key.remove", at: now)
    }

    private func end(
        _ kid: String, _ before: WallTime, _ sql: String, _ arguments: [CatalogValue], _ action: String,
        at now: WallTime
    ) async throws(CatalogError) -> EndOutcome {
        var plan = CatalogPlan()
        let known = plan.add("SELECT kid FROM signing_keys WHERE kid = ?1", [.text(kid)], expect: .rows(1))
        let another = plan.add(
            "SELECT kid FROM signing_keys WHERE kid <> ?1 AND retired IS NULL AND created <= ?2 LIMIT 1",
            [.text(kid), .time(before)], expect: .rows(1))
        plan.add(sql, arguments, expect: .affected(1))
        ChangeLog.appendKeys(to: &plan)
        plan.note(action, kid)
        do {
            _ = try await store.write(plan, at: now)
            return .done
        } catch .guardFailed(known, _) {
            return .notFound
        } catch .guardFailed(another, _) {
            return .lastOne
        }
    }
}
