import Catalog
import Routing
import Seams
import Tenants
import Vocabulary

/// Files of creations that came to nothing.
extension Residents {
    /// Milliseconds after which nobody can be making such a file any more: longer than any request.
    private static let making: Int64 = 600_000

    /// Drops what this node holds of creations that came to nothing: of sign-ups that were taken back, of creations that were given
    /// to another node. What is noted is forgotten when its file is gone and nobody can be making it any more. One page a call.
    ///
    /// - Returns: how many notes there are.
    package func clearLeftovers() async throws(ResidentsError) -> Int {
        let now = time.wall()
        do throws(CatalogError) {
            let noted = try await leftovers.list(of: node, limit: 1000)
            for one in noted {
                do throws(ResidentsError) {
                    try await clear(one.tenant, one.epoch)
                } catch {
                    // It is tried again at the next look, and keeps no other back.
                    continue
                }
                if now.milliseconds - one.since.milliseconds > Self.making {
                    try await leftovers.forget(one, of: node, at: now)
                }
            }
            return noted.count
        } catch {
            throw .catalog(error)
        }
    }

    /// Drops the file that was made here under that epoch, unless the tenant's row names it. Safe to repeat.
    func clear(_ id: TenantID, _ epoch: Epoch) async throws(ResidentsError) {
        guard engine.facts(of: id)?.epoch == epoch else { return }
        if let row = try await read(id), row.placement.owner == node, row.placement.epoch == epoch { return }
        book.forget(id)
        do {
            try await engine.drop(id)
        } catch TenantsError.notFound {
            // Somebody else was faster.
        } catch {
            throw .engine(error as? TenantsError ?? .storage("\(error)"))
        }
    }
}
