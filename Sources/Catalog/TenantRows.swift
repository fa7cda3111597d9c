package import Vocabulary

/// The tenants' rows: one file per verb; this one reads.
package struct TenantRows: Sendable {
    /// How long a key that was given up cannot be bound to another tenant, by default: far longer than any router
    /// remembers a key.
    package static let defaultKeyHold: Int64 = 24 * 3600 * 1000

    let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// Whether a key that was given up can be bound to another tenant at once.
    package var freesKeysAtOnce: Bool { store.keyHold == 0 }

    /// The row in whatever state, nil where there is none.
    ///
    /// - Throws: `CatalogError`.
    package func find(_ key: TenantKey) async throws(CatalogError) -> TenantRow? {
        try await first("t.key = ?1", [.key(key)])
    }

    /// - Throws: `CatalogError`.
    package func find(_ id: TenantID) async throws(CatalogError) -> TenantRow? {
        try await first("t.id = ?1", [.id(id)])
    }

    /// Rows in byte order of their keys.
    ///
    /// - Parameters:
    ///   - label: only tenants that carry it.
    ///   - state: only tenants in it.
    ///   - after: the last key of the page before.
    ///   - limit: 1 to 1,000; anything else is brought into the range.
    /// - Throws: `CatalogError`.
    package func list(
        prefix: String = "", label: (name: String, value: String)? = nil, state: TenantRow.State? = nil,
        after: TenantKey? = nil, limit: Int = 100
    ) async throws(CatalogError) -> [TenantRow] {
        try await list(prefix: prefix, label: label, state: state, TenantOrder.Page(.key, after: after), limit: limit)
    }

    /// The same in any order. What changes its place between two pages may come twice or not at all.
    ///
    /// - Throws: `CatalogError`.
    package func list(
        prefix: String = "", label: (name: String, value: String)? = nil, state: TenantRow.State? = nil,
        _ page: TenantOrder.Page, limit: Int
    ) async throws(CatalogError) -> [TenantRow] {
        var conditions: [String] = []
        var arguments: [CatalogValue] = []
        if !prefix.isEmpty || page.order == .key {
            arguments.append(.text(prefix))
            conditions.append("t.key >= ?1")
        }
        page.add(to: &conditions, &arguments)
        if let end = KeyRange.end(ofPrefix: prefix) {
            arguments.append(.text(end))
            conditions.append("t.key < ?\(arguments.count)")
        }
        if let label {
            // The text is canonical, so a member is found by its bytes; every database knows these functions.
            arguments.append(.text(FlatJSON.member(label.name, label.value)))
            let labels = "(',' || substr(t.labels, 2))"
            conditions.append("replace(\(labels), ?\(arguments.count), '') <> \(labels)")
        }
        if let state {
            arguments.append(.text(state.rawValue))
            conditions.append("t.state = ?\(arguments.count)")
        }
        let condition = conditions.isEmpty ? "1 = 1" : conditions.joined(separator: " AND ")
        return try await self.page(condition, arguments, order: page.order.sql, limit: limit)
    }

    /// Tenants of a node whose creation was not finished, by id.
    ///
    /// - Throws: `CatalogError`.
    package func creating(
        ownedBy node: NodeID, after id: TenantID? = nil, limit: Int = 100
    ) async throws(CatalogError) -> [TenantRow] {
        var condition = "t.state = 'creating' AND p.owner = ?1"
        var arguments = [CatalogValue.node(node)]
        if let id {
            condition += " AND t.id > ?2"
            arguments.append(.id(id))
        }
        return try await page(condition, arguments, order: "t.id", limit: limit)
    }

    /// Tenants of a node that were deleted before a time, oldest first: their files may be dropped, then they are purged.
    ///
    /// - Throws: `CatalogError`.
    package func deleted(
        before time: WallTime, ownedBy node: NodeID, limit: Int = 100
    ) async throws(CatalogError) -> [TenantRow] {
        try await page(
            "t.state = 'deleted' AND t.deleted < ?1 AND p.owner = ?2", [.time(time), .node(node)],
            order: "t.deleted, t.id", limit: limit)
    }

    /// Tenants of a node whose removal was begun and not finished, by id.
    ///
    /// - Throws: `CatalogError`.
    package func purging(
        ownedBy node: NodeID, after id: TenantID? = nil, limit: Int = 100
    ) async throws(CatalogError) -> [TenantRow] {
        try await page(
            "t.state = 'purging' AND p.owner = ?1" + (id == nil ? "" : " AND t.id > ?2"),
            [.node(node)] + (id.map { [.id($0)] } ?? []), order: "t.id", limit: limit)
    }

    private func first(_ condition: String, _ arguments: [CatalogValue]) async throws(CatalogError) -> TenantRow? {
        try await page(condition, arguments, order: "t.id", limit: 1).first
    }

    private func page(
        _ condition: String, _ arguments: [CatalogValue], order: String, limit: Int
    ) async throws(CatalogError) -> [TenantRow] {
        var plan = CatalogPlan()
        let count = min(max(limit, 1), 1000)
        plan.add("\(TenantRow.select) WHERE \(condition) ORDER BY \(order) LIMIT \(count)", arguments)
        return try TenantRow.all(try await store.read(plan)[0])
    }
}

/// Ranges of keys in byte order.
enum KeyRange {
    /// The smallest text that is greater than everything that begins so; nil where there is none. Byte order of UTF-8 is the
    /// order of its scalars, so the last scalar that can be raised is.
    static func end(ofPrefix prefix: String) -> String? {
        var scalars = Array(prefix.unicodeScalars)
        while let last = scalars.popLast() {
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            guard let scalar = Unicode.Scalar(next) else { continue }
            scalars.append(scalar)
            var end = String.UnicodeScalarView()
            end.append(contentsOf: scalars)
            return String(end)
        }
        return nil
    }
}
