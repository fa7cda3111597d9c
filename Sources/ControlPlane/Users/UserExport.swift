import Catalog
import Contract
import Seams
import Vocabulary

/// All that is held about a user, but for what its tenants hold: those are theirs to export.
struct UserExport: Encodable {
    struct SignUp: Encodable {
        let state: String
        let email: String
        let tenant: String
    }

    struct Entry: Encodable {
        let at: String
        let actor: String
        let action: String
        let subject: String
        let detail: [String: String]
        let origin: String
    }

    let user: UserObject
    let normalEmail: String
    let emailRule: Int
    /// The hash's kind and cost, not the hash.
    let password: String?
    let passwordChangedAt: String?
    let sessions: [SessionObject]
    let signups: [SignUp]
    let audit: [Entry]

    static func gather(_ row: UserRow, _ service: UserService, _ audit: AuditRows) async throws -> UserExport {
        let memberships = try await service.memberships.list(of: row.id)
        let keys = Dictionary(memberships.map { ($0.tenant, $0.key) }, uniquingKeysWith: { $1 })
        let now = service.time.wall()
        // No user has more sessions than fit one page.
        let sessions = try await service.sessions.list(of: row.id, limit: SessionRows.maximum)
        return UserExport(
            user: UserObject(row, memberships), normalEmail: row.email.normal, emailRule: row.email.rule,
            password: row.password.map { $0.split(separator: "$").prefix(2).joined(separator: "$") },
            passwordChangedAt: row.passwordChanged.map(TimeText.rfc3339),
            sessions: sessions.map { SessionObject($0, tenant: $0.tenant.flatMap { keys[$0] }, at: now) },
            signups: try await service.signUps.list(of: row.id).map {
                SignUp(state: $0.state.rawValue, email: $0.normal, tenant: $0.tenant.description)
            },
            audit: try await entries(row, audit))
    }

    private static func entries(_ row: UserRow, _ audit: AuditRows) async throws -> [Entry] {
        var query = AuditQuery()
        query.subject = row.id.description
        query.limit = 1000
        var entries: [Entry] = []
        for _ in 0..<pages {
            let page = try await audit.list(query)
            entries += page.map {
                Entry(
                    at: TimeText.rfc3339($0.at), actor: $0.actor, action: $0.action, subject: $0.subject,
                    detail: $0.detail, origin: $0.origin)
            }
            guard page.count == query.limit, let last = page.last else { break }
            query.after = (last.at, last.id)
        }
        return entries
    }

    /// Of the audit log, a thousand entries each, the newest first. What a user does on the control plane is done to itself, so that
    /// nothing is missing here.
    private static let pages = 20

    static let schema = Schema.object([
        .init("user", .named("User")), .init("normalEmail", .text), .init("emailRule", .integer()),
        .optional("password", .text, "Kind and cost of its hash."), .optional("passwordChangedAt", .time),
        .init("sessions", .list(.named("Session"))), .init("signups", .list(.any)), .init("audit", .list(.any)),
    ])
}
