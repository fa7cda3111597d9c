import Synchronization
import Vocabulary

/// WebSockets of each tenant that are open on this node: so many at most, so that one tenant's do not take all connections.
final class SocketPlaces: Sendable {
    private let most: Int
    private let taken = Mutex<[TenantID: Int]>([:])

    /// - Parameter most: of one tenant.
    init(_ most: Int) { self.most = most }

    func count(of tenant: TenantID) -> Int { taken.withLock { $0[tenant] ?? 0 } }

    fileprivate func take(_ tenant: TenantID) -> Bool {
        taken.withLock { taken in
            guard taken[tenant, default: 0] < most else { return false }
            taken[tenant, default: 0] += 1
            return true
        }
    }

    fileprivate func giveBack(_ tenant: TenantID) {
        taken.withLock { taken in taken[tenant] = taken[tenant].flatMap { $0 > 1 ? $0 - 1 : nil } }
    }
}

/// One WebSocket's place among those of its tenant, from the hello on.
final class SocketPlace: Sendable {
    private let places: SocketPlaces
    private let tenant = Mutex<TenantID?>(nil)

    init(in places: SocketPlaces) { self.places = places }

    deinit { leave() }

    /// A later hello keeps it; one for a key that is another tenant's by now changes it.
    ///
    /// - Returns: false where the tenant has as many as it may.
    func take(_ wanted: TenantID) -> Bool {
        tenant.withLock { tenant in
            if tenant == wanted { return true }
            guard places.take(wanted) else { return false }
            if let tenant { places.giveBack(tenant) }
            tenant = wanted
            return true
        }
    }

    func leave() {
        tenant.withLock { tenant in
            if let tenant { places.giveBack(tenant) }
            tenant = nil
        }
    }
}
