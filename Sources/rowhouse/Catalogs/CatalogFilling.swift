import Catalog
import Vocabulary

/// Puts many tenants into an empty catalog quickly, for measuring: no operation, no change log.
struct CatalogFilling {
    let driver: any CatalogDriver
    let tenants: Int

    /// Rows of one transaction, and of one statement within its arguments' bound.
    private static let transaction = 500
    private static let statement = 10

    static func key(_ number: Int) -> TenantKey { try! TenantKey("tenant-\(number)") }

    /// - Parameter tell: how far it is, 0 to 1; answers whether to go on.
    /// - Throws: `CatalogError`.
    func run(_ tell: (Double) -> Bool) async throws(CatalogError) {
        var next = 0
        while next < tenants, tell(Double(next) / Double(tenants)) {
            let end = min(next + Self.transaction, tenants)
            var statements: [CatalogStatement] = []
            for start in stride(from: next, to: end, by: Self.statement) {
                statements += rows(start..<min(start + Self.statement, end))
            }
            _ = try await driver.run(CatalogTransaction(.schema, statements))
            next = end
        }
    }

    /// Ids are spread as random ones are.
    static func id(_ number: Int) -> CatalogValue {
        .integer(Int64(bitPattern: (UInt64(number) &+ 1_000) &* 0x9E37_79B9_7F4A_7C15))
    }

    private func rows(_ numbers: Range<Int>) -> [CatalogStatement] {
        let tenant = numbers.indices.map { index in
            let place = (index - numbers.lowerBound) * 2
            return "(?\(place + 1), ?\(place + 2), 'default', 'ready', 'local', '{}', '{}', 0, 1, 0, 0)"
        }
        let placement = numbers.indices.map { "(?\($0 - numbers.lowerBound + 1), 'n1', 1, 1, 'stable')" }
        return [
            CatalogStatement(
                """
                INSERT INTO tenants (id, key, schema_name, state, durability, labels, quotas, created, revision, bytes, txid)
                VALUES \(tenant.joined(separator: ", "))
                """, numbers.flatMap { [Self.id($0), .text(Self.key($0).string)] }),
            CatalogStatement(
                "INSERT INTO placements (tenant, owner, epoch, version, state) VALUES \(placement.joined(separator: ", "))",
                numbers.map { Self.id($0) }),
        ]
    }
}
