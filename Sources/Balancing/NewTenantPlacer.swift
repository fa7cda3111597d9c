package import Catalog
package import Planning
package import Seams
import Synchronization
package import Vocabulary

/// Chooses nodes for new tenants, by the room that is left: on a picture of the fleet that is a few seconds old, in which what was
/// placed since and what is on its way are counted.
package final class NewTenantPlacer: Sendable {
    private struct Picture {
        var fleet: Fleet
        /// The nodes that were up.
        var up: Set<NodeID>
        var read: Instant

        /// Of a new one. Not what others have grown to: beside a large tenant some dozen new ones would seem to fill the disk.
        private static let load = Load(bytes: FleetDraft.least)

        /// - Parameter seed: of the draw.
        mutating func choose(among up: Set<NodeID>, _ constraints: [Constraint], seed: UInt64) -> NewPlace {
            let others = self.up.subtracting(up).sorted().map { Constraint.forbid($0) }
            return fleet.placeNew(
                Guest(load: Self.load, constraints: constraints + others), as: TenantID(seed), seed: 0)
        }
    }

    /// Nanoseconds for which a picture is good.
    private static let life: UInt64 = 5_000_000_000

    private let store: CatalogStore
    private let policy: Policy
    private let rules: PlacementRules
    private let time: any TimeSource
    private let random: any RandomSource
    private let picture = Mutex<Picture?>(nil)

    package init(
        store: CatalogStore, policy: Policy, rules: PlacementRules, time: any TimeSource, random: any RandomSource
    ) {
        self.rules = rules
        self.store = store
        self.policy = policy
        self.time = time
        self.random = random
    }

    /// A node for a new tenant.
    ///
    /// - Parameter up: those that may be chosen, as the catalog has them now.
    /// - Throws: `CatalogError`.
    package func place(
        among up: Set<NodeID>, schema: String = "default", pin: NodeID? = nil
    ) async throws(CatalogError) -> NewPlace {
        let constraints = rules[schema] + (pin.map { [.pin($0)] } ?? [])
        let seed = random.next()
        let now = time.monotonic()
        let known = picture.withLock { picture -> NewPlace? in
            guard let read = picture?.read, now.nanoseconds(since: read) < Self.life else { return nil }
            guard picture.map({ up.isSubset(of: $0.up) }) ?? false else { return nil }
            return picture?.choose(among: up, constraints, seed: seed)
        }
        if let known { return known }
        var fresh = try await read()
        let place = fresh.choose(among: up, constraints, seed: seed)
        picture.withLock { [fresh] in $0 = fresh }
        return place
    }

    private func read() async throws(CatalogError) -> Picture {
        let now = time.monotonic()
        let inventory = try await FleetReading.outline(store, at: time.wall())
        let nodes = inventory.nodes.filter { $0.state == .up }
        return Picture(
            fleet: Fleet(inventory, policy), up: Set(nodes.map(\.id)), read: now)
    }
}
