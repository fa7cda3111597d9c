import Catalog
import Contract
import Residents
import Seams
import Vocabulary

/// Tenants that sign-ups make.
extension TenantService {
    /// Has the owner make the file, durably; the row stays `creating`. Where the owner cannot be reached, another node gets it.
    ///
    /// - Parameter row: becomes what the file is made for.
    func prepare(_ row: inout TenantRow) async throws {
        for _ in 0..<Self.owners {
            do {
                if row.placement.owner == residents.node {
                    _ = try await residents.finishCreating(row)
                } else {
                    try await peers.finishCreating(row.id, at: try await address(of: row.placement.owner))
                }
                return
            } catch PeerFailure.unreachable {
                row = try await reassign(row)
            }
        }
        throw APIError(.busy, "no node could be reached to make the tenant", retryAfter: 2)
    }

    /// Has the owner drop what was made for a sign-up that was taken back.
    func discard(_ row: TenantRow) async {
        forget(row)
        if row.placement.owner == residents.node {
            _ = try? await residents.discard(row.id)
        } else if let address = try? await address(of: row.placement.owner) {
            try? await peers.purge(row.id, at: address)
        }
    }
}
