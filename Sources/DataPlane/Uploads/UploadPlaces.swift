import Synchronization
import Vocabulary

/// Files that come in at once: so many on a node, one for each tenant.
final class UploadPlaces: Sendable {
    private let most: Int
    private let taken = Mutex<Set<TenantID>>([])

    init(_ most: Int) { self.most = most }

    /// - Returns: false where there is no place.
    func take(_ tenant: TenantID) -> Bool {
        taken.withLock { $0.count < most && $0.insert(tenant).inserted }
    }

    func giveBack(_ tenant: TenantID) { taken.withLock { _ = $0.remove(tenant) } }
}
