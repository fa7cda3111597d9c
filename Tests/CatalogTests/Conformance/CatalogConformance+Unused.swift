import Catalog
import Testing
import Vocabulary

extension CatalogConformance {
    func unusedTenants() async throws {
        _ = try await register(1)
        let (new, used) = (try await ready("unused"), try await ready("used"))
        let deleted = try #require(try await tenants.deleteUnused(new.id, at: .hours(1)))
        #expect(deleted.state == .deleted && deleted.stateBefore == .creating)
        // Its file may be gone: whoever brings it back has it made.
        #expect(try await tenants.undelete(new.id, at: .hours(1))?.state == .creating)
        _ = try #require(try await tenants.markReady(new.id, by: node("n1"), epoch: .first, at: .hours(1)))
        #expect(try await tenants.deleteUnused(new.id, at: .hours(1))?.state == .ready, "its row has changed since")

        _ = try await ReplicaGenerationRows(store).next(for: used.id, at: .hours(1))
        #expect(try await tenants.deleteUnused(used.id, at: .hours(1)) == used)
        #expect(try await tenants.deleteUnused(TenantID(4711), at: .hours(1)) == nil)
    }
}
