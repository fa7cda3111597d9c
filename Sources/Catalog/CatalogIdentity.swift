package import Seams
package import Vocabulary

/// What tells this catalog from every other: made once by the node that holds it, remembered by every node that has
/// registered in it. A catalog that was begun anew in the place of a lost one is another, and nobody's tenants are in it.
package enum CatalogIdentity {
    /// The catalog's identity, given to it now if it has none.
    ///
    /// - Throws: `CatalogError`.
    package static func establish(
        _ driver: any CatalogDriver, random: any RandomSource
    ) async throws(CatalogError) -> Identity {
        let fresh = Identity(high: random.next(), low: random.next())
        let insert = CatalogStatement(
            """
            INSERT INTO catalog_identity (id, identity) SELECT 1, ?1
            WHERE NOT EXISTS (SELECT 1 FROM catalog_identity WHERE id = \(CatalogSeal.row)) ON CONFLICT (id) DO NOTHING
            """, [.text(fresh.description)])
        let results = try await driver.run(CatalogTransaction(.schema, [insert, select, CatalogSeal.select]))
        guard let identity = try read(results[1]) else {
            // A copy that is not whole yet gets the identity of what it is a copy of, with its last row.
            if let seal = try CatalogSeal(results[2]) { throw .unavailable(seal.description) }
            throw .damaged("catalog_identity: no row")
        }
        return identity
    }

    /// - Returns: nil before the node that holds the catalog has given it one.
    /// - Throws: `CatalogError`.
    package static func read(_ driver: any CatalogDriver) async throws(CatalogError) -> Identity? {
        try read(try await driver.run(CatalogTransaction(.read, [select]))[0])
    }

    private static let select = CatalogStatement("SELECT identity FROM catalog_identity WHERE id = 1")

    private static func read(_ result: CatalogRows) throws(CatalogError) -> Identity? {
        guard let row = result.rows.first else { return nil }
        var reader = RowReader("catalog_identity", row)
        guard let identity = Identity(hex: try reader.text()) else { throw .damaged("catalog_identity.identity") }
        return identity
    }
}
