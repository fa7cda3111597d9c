import Access
import Catalog
import Contract
import HTTPTypes
import Hummingbird
import Seams
import Vocabulary

/// `/v1/audit`: who did what, when, from where.
struct AuditController: Sendable {
    private let rows: AuditRows
    private let tenants: TenantRows
    private let time: any TimeSource

    init(store: CatalogStore, time: any TimeSource) {
        rows = AuditRows(store)
        tenants = TenantRows(store)
        self.time = time
    }

    func register(on group: RouterGroup<ControlContext>) { group.on(AuditOperations.list, do: list) }

    private struct EntryObject: Encodable {
        let id: String
        let at: String
        let actor: String
        let action: String
        let subject: String
        let tenant: String?
        let detail: [String: String]
        let origin: String
        let requestID: String

        init(_ entry: AuditEntry) {
            id = AuditCursor.text(entry)
            at = TimeText.rfc3339(entry.at)
            actor = entry.actor
            action = entry.action
            subject = entry.subject
            tenant = entry.tenant?.description
            detail = entry.detail
            origin = entry.origin
            requestID = entry.request
        }
    }

    @Sendable private func list(_ request: Request, _ context: ControlContext) async throws -> Response {
        let asked = try ListQuery(request, for: AuditOperations.list)
        var query = AuditQuery()
        query.limit = try asked.limit()
        query.actor = asked["actor"]
        query.subject = asked["subject"]
        query.since = try asked["since"].map { try instant($0, "since") }
        query.until = try asked["until"].map { try instant($0, "until") }
        query.isNewestFirst = try Self.isNewestFirst(asked["order"])
        query.after = try asked["cursor"].map { cursor throws(APIError) in
            guard let after = AuditCursor.read(cursor) else {
                throw APIError.badRequest("cursor is the \"next\" of the page before")
            }
            return after
        }
        if let tenant = asked["tenant"] { try await narrow(&query, to: tenant) }
        let entries = try await rows.list(query)
        let next = entries.count == query.limit ? entries.last.map(AuditCursor.text) : nil
        return try JSONText.response(.ok, PageObject(items: entries.map(EntryObject.init), next: next))
    }

    /// By its id, since keys change hands. One that is gone is found by its id, or by the key that it had then.
    private func narrow(_ query: inout AuditQuery, to tenant: String) async throws {
        let row = try await tenants.find(try TenantController.key(tenant))
        if let id = row?.id ?? TenantID(hex: tenant) {
            query.tenant = id
        } else if query.subject == nil || query.subject == tenant {
            query.subject = tenant
        }
    }

    private static func isNewestFirst(_ text: String?) throws(APIError) -> Bool {
        switch text {
        case nil, "newest": return true
        case "oldest": return false
        default: throw APIError.badRequest("order is newest or oldest")
        }
    }

    /// A time, or how long ago.
    private func instant(_ text: String, _ name: String) throws(APIError) -> WallTime {
        if let seconds = SpanText.seconds(text) {
            return WallTime(milliseconds: time.wall().milliseconds - seconds * 1000)
        }
        guard let time = TimeText.time(text) else {
            throw APIError.badRequest("\(name) is a time such as 2026-01-31T08:00:00Z, or how long ago, such as 24h")
        }
        return time
    }
}

/// An entry's place: its time and its number.
enum AuditCursor {
    static func text(_ entry: AuditEntry) -> String {
        "\(entry.at.milliseconds).\(String(entry.id, radix: 16))"
    }

    static func read(_ text: String) -> (at: WallTime, id: UInt64)? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let time = Int64(parts[0]), let id = UInt64(parts[1], radix: 16) else { return nil }
        return (WallTime(milliseconds: time), id)
    }
}
