package import Vocabulary

/// What a change is called in the audit log.
package struct AuditNote: Equatable, Sendable {
    /// A stable word, as `tenant.create`.
    package var action: String
    /// What it was done to, as people name it.
    package var subject: String
    /// The tenant that it concerns, by its id: keys change hands.
    package var tenant: TenantID?
    /// Further facts; never a secret.
    package var detail: [String: String]

    package init(_ action: String, _ subject: String, tenant: TenantID? = nil, detail: [String: String] = [:]) {
        self.action = action
        self.subject = subject
        self.tenant = tenant
        self.detail = detail
    }

    /// Bytes of a fact; what is longer is cut.
    private static let factBytes = 1000

    /// Between two scalars; one character may have any number of bytes.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > factBytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: factBytes)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return String(text[..<end])
    }

    func statement(by author: AuditAuthor, id: UInt64, at now: WallTime) -> CatalogStatement {
        let facts = detail.mapValues(Self.cut)
        return CatalogStatement(
            """
            INSERT INTO audit (recorded, id, actor, action, subject, detail, origin, tenant, request)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """,
            [
                .time(now), .bits(id), .text(author.actor), .text(action), .text(Self.cut(subject)),
                .text(FlatJSON.text(facts)), .text(author.origin), tenant.map { .id($0) } ?? .null,
                .text(author.request),
            ])
    }
}
