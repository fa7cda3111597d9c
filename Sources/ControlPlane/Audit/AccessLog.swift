package import Access
package import Catalog
package import Seams
import Vocabulary

/// Writes down who was not let in, and who used a support token: what the authenticator has collected of it since the last time.
package struct AccessLog: Sendable {
    private let notes: AccessNotes
    private let rows: AuditRows
    private let tenants: TenantRows
    private let time: any TimeSource

    package init(notes: AccessNotes, store: CatalogStore, time: any TimeSource) {
        self.notes = notes
        rows = AuditRows(store)
        tenants = TenantRows(store)
        self.time = time
    }

    /// To be called every second or so, and at the end. Where the catalog cannot be reached the notes are kept for the next time.
    package func write() async {
        let told = notes.take()
        guard !told.isEmpty else { return }
        do {
            var entries: [(note: AuditNote, author: AuditAuthor)] = []
            for one in told { entries.append(try await entry(one)) }
            try await rows.record(entries, at: time.wall())
        } catch {
            notes.putBack(told)
        }
    }

    private func entry(_ told: AccessNotes.Told) async throws -> (note: AuditNote, author: AuditAuthor) {
        var facts = ["count": String(told.count)]
        switch told.what {
        case .refused(let code, let origin):
            facts["code"] = code
            return (
                AuditNote("access.refused", origin, detail: facts), AuditAuthor(actor: "nobody", origin: origin)
            )
        case .support(let token, let supporter, let tenant, let origins):
            let key = try await tenants.find(tenant)?.key.string ?? tenant.description
            facts["token"] = token
            if origins.count > 1 { facts["addresses"] = origins.joined(separator: " ") }
            return (
                AuditNote("support.use", key, tenant: tenant, detail: facts),
                AuditAuthor(actor: supporter, origin: origins.first ?? "")
            )
        case .otherRefusals:
            return (AuditNote("access.refused", "further addresses", detail: facts), AuditAuthor(actor: "nobody"))
        case .otherUses:
            return (AuditNote("support.use", "further tokens", detail: facts), AuditAuthor(actor: "nobody"))
        }
    }
}
