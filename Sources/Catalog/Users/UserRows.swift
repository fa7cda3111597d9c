package import Vocabulary

/// The users' rows: one file per verb; this one reads.
package struct UserRows: Sendable {
    let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// - Throws: `CatalogError`.
    package func find(_ id: UserID) async throws(CatalogError) -> UserRow? {
        try await page("u.id = ?1", [.user(id)], limit: 1).first
    }

    /// - Parameter normal: an email in its normal form.
    /// - Throws: `CatalogError`.
    package func find(normal: String) async throws(CatalogError) -> UserRow? {
        try await page("u.normal = ?1", [.text(normal)], limit: 1).first
    }

    /// Rows in the order of their ids, which is none that means anything.
    ///
    /// - Parameters:
    ///   - after: the last id of the page before.
    ///   - tenant: only its members.
    ///   - limit: 1 to 1,000; anything else is brought into the range.
    /// - Throws: `CatalogError`.
    package func list(
        state: UserRow.State? = nil, tenant: TenantID? = nil, after: UserID? = nil, limit: Int = 100
    ) async throws(CatalogError) -> [UserRow] {
        var conditions: [String] = []
        var arguments: [CatalogValue] = []
        func add(_ value: CatalogValue, _ condition: (String) -> String) {
            arguments.append(value)
            conditions.append(condition("?\(arguments.count)"))
        }
        if let state { add(.text(state.rawValue)) { "u.state = \($0)" } }
        if let tenant {
            add(.id(tenant)) { "EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = u.id AND m.tenant = \($0))" }
        }
        if let after { add(.user(after)) { "u.id > \($0)" } }
        let condition = conditions.isEmpty ? "1 = 1" : conditions.joined(separator: " AND ")
        return try await page(condition, arguments, limit: limit)
    }

    private func page(
        _ condition: String, _ arguments: [CatalogValue], limit: Int
    ) async throws(CatalogError) -> [UserRow] {
        var plan = CatalogPlan()
        let count = min(max(limit, 1), 1000)
        plan.add("\(UserRow.select) WHERE \(condition) ORDER BY u.id LIMIT \(count)", arguments)
        return try UserRow.all(try await store.read(plan)[0])
    }
}
