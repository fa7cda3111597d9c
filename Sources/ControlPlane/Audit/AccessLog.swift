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
        let count = ["count": String(told.count)]
        guard let note = told.note else {
            return (AuditNote("access.refused", "further addresses", detail: count), AuditAuthor(actor: "nobody"))
        }
        switch note.kind {
        case .refused(let code):
            let facts = count.merging(["code": code]) { $1 }
            return (
                AuditNote("access.refused", note.address, detail: facts),
                AuditAuthor(actor: "nobody", origin: note.address)
            )
        case .support(let token, let supporter, let tenant):
            let key = try await tenants.find(tenant)?.key.string ?? tenant.description
            let facts = count.merging(["token": token]) { $1 }
            return (
                AuditNote("support.use", key, tenant: tenant, detail: facts),
                AuditAuthor(actor: supporter, origin: note.address)
            )
        }
    }
}
