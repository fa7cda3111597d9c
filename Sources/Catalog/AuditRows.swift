package import Vocabulary

/// Who did what, when, from where.
package struct AuditEntry: Equatable, Sendable {
    /// When it was asked for, by the clock of the node that was asked.
    package var at: WallTime
    /// Tells entries of one time apart; random.
    package var id: UInt64
    /// The credential's name, never the credential.
    package var actor: String
    /// A stable word, as `tenant.create`.
    package var action: String
    /// What it was done to.
    package var subject: String
    package var tenant: TenantID?
    package var detail: [String: String]
    /// The client's address.
    package var origin: String
    /// The request's id.
    package var request: String
}

/// Which entries of the audit log are asked for.
package struct AuditQuery: Sendable {
    package var tenant: TenantID?
    package var actor: String?
    package var subject: String?
    /// From this on.
    package var since: WallTime?
    /// Before this.
    package var until: WallTime?
    package var isNewestFirst = true
    /// The last entry of the page before.
    package var after: (at: WallTime, id: UInt64)?
    /// 1 to 1,000; anything else is brought into the range.
    package var limit = 100

    package init() {}
}

/// The audit log. Append-only: no operation changes an entry, and only their age removes them (`Housekeeping`).
///
/// Changes bring their entries with them, in their own transactions: see ``AuditAuthor``. Here is the rest.
package struct AuditRows: Sendable {
    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// Writes something down that changes no row, by the task's author.
    ///
    /// - Throws: `CatalogError`.
    package func record(_ note: AuditNote, at now: WallTime) async throws(CatalogError) {
        var plan = CatalogPlan()
        plan.step = .init(note.action, note.subject)
        // Kept with the operation, for ``recorded(_:_:at:)``.
        plan.add("SELECT ?1", [.time(now)])
        plan.note(note)
        _ = try await store.write(plan, at: now)
    }

    /// When an earlier run of this request wrote that down.
    ///
    /// - Returns: nil where it did not, and outside of repetitions.
    /// - Throws: `CatalogError`.
    package func recorded(
        _ action: String, _ subject: String, at now: WallTime
    ) async throws(CatalogError) -> WallTime? {
        guard let results = try await store.earlier(.init(action, subject), at: now),
            let row = results.first?.rows.first
        else { return nil }
        var reader = RowReader("operations", row)
        return try reader.time()
    }

    /// Writes down what others did; at most 256 entries.
    ///
    /// - Throws: `CatalogError`; none of them is there then.
    package func record(
        _ entries: [(note: AuditNote, author: AuditAuthor)], at now: WallTime
    ) async throws(CatalogError) {
        guard !entries.isEmpty else { return }
        var plan = CatalogPlan()
        plan.isUnnoted = true
        for entry in entries { plan.add(entry.note.statement(by: entry.author, id: store.freshID(), at: now)) }
        _ = try await store.write(plan, at: now)
    }

    /// One page.
    ///
    /// - Throws: `CatalogError`.
    package func list(_ query: AuditQuery) async throws(CatalogError) -> [AuditEntry] {
        var plan = CatalogPlan()
        let (condition, arguments) = Self.condition(query)
        let direction = query.isNewestFirst ? " DESC" : ""
        plan.add(
            """
            SELECT recorded, id, actor, action, subject, tenant, detail, origin, request FROM audit\(condition)
            ORDER BY recorded\(direction), id\(direction) LIMIT \(min(max(query.limit, 1), 1000))
            """, arguments)
        var entries: [AuditEntry] = []
        for row in try await store.read(plan)[0].rows { entries.append(try AuditEntry(row)) }
        return entries
    }

    private static func condition(_ query: AuditQuery) -> (String, [CatalogValue]) {
        var conditions: [String] = []
        var arguments: [CatalogValue] = []
        func add(_ condition: String, _ value: CatalogValue?) {
            guard let value else { return }
            arguments.append(value)
            conditions.append("\(condition) ?\(arguments.count)")
        }
        add("tenant =", query.tenant.map { .id($0) })
        add("actor =", query.actor.map { .text($0) })
        add("subject =", query.subject.map { .text($0) })
        add("recorded >=", query.since.map { .time($0) })
        add("recorded <", query.until.map { .time($0) })
        if let after = query.after {
            arguments += [.time(after.at), .bits(after.id)]
            let (time, id) = ("?\(arguments.count - 1)", "?\(arguments.count)")
            let sign = query.isNewestFirst ? "<" : ">"
            conditions.append("(recorded \(sign) \(time) OR (recorded = \(time) AND id \(sign) \(id)))")
        }
        return (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "), arguments)
    }
}

extension AuditEntry {
    fileprivate init(_ row: [CatalogValue]) throws(CatalogError) {
        var reader = RowReader("audit", row)
        at = try reader.time()
        id = try reader.bits()
        actor = try reader.text()
        action = try reader.text()
        subject = try reader.text()
        tenant = try reader.integerOrNull().map { TenantID(UInt64(bitPattern: $0)) }
        // Entries of earlier versions have plain words there.
        let text = try reader.text()
        detail = FlatJSON.strings(text) ?? (text.isEmpty ? [:] : ["text": text])
        origin = try reader.text()
        request = try reader.text()
    }
}
