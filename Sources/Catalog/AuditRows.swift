package import Vocabulary

/// Who did what, when, from where.
package struct AuditEntry: Equatable, Sendable {
    package var at: WallTime
    /// The credential's name, never the credential.
    package var actor: String
    /// A stable word, as `tenant.create`.
    package var action: String
    /// What it was done to.
    package var subject: String
    package var detail: String
    /// The client's address.
    package var origin: String

    package init(at: WallTime, actor: String, action: String, subject: String, detail: String = "", origin: String = "")
    {
        self.at = at
        self.actor = actor
        self.action = action
        self.subject = subject
        self.detail = detail
        self.origin = origin
    }
}

/// The audit log. Append-only: there is no operation that changes or removes an entry.
package struct AuditRows: Sendable {
    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// - Throws: `CatalogError`.
    package func append(_ entry: AuditEntry) async throws(CatalogError) {
        var plan = CatalogPlan()
        plan.add(
            """
            INSERT INTO audit (recorded, id, actor, action, subject, detail, origin) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """,
            [
                .time(entry.at), .bits(store.freshID()), .text(entry.actor), .text(entry.action), .text(entry.subject),
                .text(entry.detail), .text(entry.origin),
            ])
        _ = try await store.write(plan, at: entry.at)
    }

    /// Entries since a time, oldest first.
    ///
    /// - Parameter limit: 1 to 1,000; anything else is brought into the range.
    /// - Throws: `CatalogError`.
    package func list(
        since: WallTime, subject: String? = nil, actor: String? = nil, limit: Int = 100
    ) async throws(CatalogError) -> [AuditEntry] {
        var conditions = ["recorded >= ?1"]
        var arguments = [CatalogValue.time(since)]
        for (column, value) in [("subject", subject), ("actor", actor)] {
            guard let value else { continue }
            arguments.append(.text(value))
            conditions.append("\(column) = ?\(arguments.count)")
        }
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT recorded, actor, action, subject, detail, origin FROM audit
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY recorded, id LIMIT \(min(max(limit, 1), 1000))
            """, arguments)
        var entries: [AuditEntry] = []
        for row in try await store.read(plan)[0].rows {
            var reader = RowReader("audit", row)
            entries.append(
                AuditEntry(
                    at: try reader.time(), actor: try reader.text(), action: try reader.text(),
                    subject: try reader.text(), detail: try reader.text(), origin: try reader.text()))
        }
        return entries
    }
}
