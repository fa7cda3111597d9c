package import Vocabulary

/// A value that is one tenant's alone, or is about to be.
package struct ClaimRow: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        /// Until it expires and its tenant has said that it holds no write with its token.
        case reserved
        case confirmed
    }

    package var namespace: String
    package var value: String
    package var state: State
    /// SHA-256 of the token, which only the claimant has. The tenant keeps the same.
    package var token: [UInt8]
    package var tenant: TenantID
    package var created: WallTime
    /// Of a reservation.
    package var expires: WallTime?
}

extension ClaimRow {
    /// What `init(_:)` reads; a `WHERE` follows.
    static let select = """
        SELECT c.namespace, c.value, c.state, c.token, c.tenant, c.created, c.expires FROM claims c
        """

    init(_ row: [CatalogValue]) throws(CatalogError) {
        var reader = RowReader("claims", row)
        namespace = try reader.text()
        value = try reader.text()
        state = try reader.word(State.self)
        token = try reader.blob()
        tenant = try reader.tenant()
        created = try reader.time()
        expires = try reader.timeOrNull()
    }

    static func all(_ result: CatalogRows) throws(CatalogError) -> [ClaimRow] {
        var rows: [ClaimRow] = []
        for row in result.rows { rows.append(try ClaimRow(row)) }
        return rows
    }
}
