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

    /// Adds a key.
    ///
    /// - Parameter onlyFirst: adds it only where no key signs yet, so that nodes that start together agree on one.
    /// - Returns: false if it was not added.
    /// - Throws: `CatalogError`; `conflict` where the id is taken.
    package func add(_ key: SigningKeyRow, onlyFirst: Bool = false) async throws(CatalogError) -> Bool {
        var plan = CatalogPlan()
        let none = plan.add(
            "SELECT kid FROM signing_keys WHERE retired IS NULL LIMIT 1", expect: onlyFirst ? .rows(0) : .any)
        plan.add(
            "INSERT INTO signing_keys (kid, public_key, private_key, created) VALUES (?1, ?2, ?3, ?4)",
            [.text(key.kid), .blob(key.publicKey), .blob(key.privateKey), .time(key.created)])
        do {
            _ = try await store.write(plan, at: key.created)
            return true
        } catch .guardFailed(none, _) {
            return false
        }
    }

    /// The key signs no more.
    ///
    /// - Throws: `CatalogError`.
    package func retire(_ kid: String, at now: WallTime) async throws(CatalogError) {
        var plan = CatalogPlan()
        plan.add(
            "UPDATE signing_keys SET retired = ?2 WHERE kid = ?1 AND retired IS NULL", [.text(kid), .time(now)])
        _ = try await store.write(plan, at: now)
    }

    /// The key is gone: nothing that it signed is valid any more.
    ///
    /// - Throws: `CatalogError`.
    package func remove(_ kid: String, at now: WallTime) async throws(CatalogError) {
        var plan = CatalogPlan()
        plan.add("DELETE FROM signing_keys WHERE kid = ?1", [.text(kid)])
        _ = try await store.write(plan, at: now)
    }
}
