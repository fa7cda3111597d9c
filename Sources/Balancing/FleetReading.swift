package import Catalog
package import Planning
package import Vocabulary

/// One reading of the catalog: what the planner plans on, and the names that people know.
package struct FleetReading: Sendable {
    package var inventory: Inventory
    package var keys: [TenantID: TenantKey]
    package var nodes: [NodeRow]
    /// How many tenants each node owns, those that cannot be moved included.
    package var counts: [NodeID: Int]

    /// Milliseconds for which an ended move counts.
    private static let memory: Int64 = 3600 * 1000
    /// Tenants of a node that is to be emptied that are listed at once; the others when these have left.
    private static let listedOfDrained = 2000

    /// - Throws: `CatalogError`.
    package static func read(
        _ store: CatalogStore, _ rules: PlacementRules, at now: WallTime
    ) async throws(CatalogError) -> FleetReading {
        let fleet = FleetRows(store)
        let (nodes, counts, reports) = try await parts(store)
        var found: [TenantID: FleetRows.Tenant] = [:]
        let heavy = Set(reports.values.flatMap { $0.tenants.map(\.id) })
        var lists = [try await fleet.tenants(Array(heavy)), try await fleet.bound(), try await fleet.moving()]
        // Whoever is beside one that is to be alone may have to go, as all of a draining node do.
        let left = Set(
            nodes.filter { $0.drain != nil }.map(\.id) + lists[1].filter(\.isIsolated).map(\.placement.owner))
        for node in left.sorted() { lists.append(try await fleet.owned(by: node, limit: listedOfDrained)) }
        for (schema, others) in rules.excluded(nodes) {
            lists.append(try await fleet.of(schema: schema, on: others, limit: listedOfDrained))
        }
        for tenant in lists.joined() { found[tenant.placement.tenant] = tenant }
        let since = WallTime(milliseconds: now.milliseconds - memory)
        var draft = FleetDraft(nodes: nodes, reports: reports, counts: counts, rules: rules, now: now)
        draft.add(found.values, trails: Trails(try await fleet.ended(since: since)))
        draft.inventory.balancedBytes = try await PlanRows(store).moved(for: "\(Purpose.balance)", since: since)
        return FleetReading(
            inventory: draft.inventory, keys: found.mapValues(\.key), nodes: nodes, counts: counts)
    }

    /// Only what decides where a new tenant goes: how full nodes are, what is on its way, and who is to be alone.
    ///
    /// - Throws: `CatalogError`.
    package static func outline(_ store: CatalogStore, at now: WallTime) async throws(CatalogError) -> Inventory {
        let (nodes, counts, reports) = try await parts(store)
        var found: [TenantID: FleetRows.Tenant] = [:]
        for tenant in try await FleetRows(store).bound() { found[tenant.placement.tenant] = tenant }
        for tenant in try await FleetRows(store).moving() { found[tenant.placement.tenant] = tenant }
        var draft = FleetDraft(nodes: nodes, reports: reports, counts: counts, rules: .none, now: now)
        draft.add(found.values, trails: Trails([]))
        draft.reckonUnreported()
        return draft.inventory
    }

    private static func parts(
        _ store: CatalogStore
    ) async throws(CatalogError) -> (nodes: [NodeRow], counts: [NodeID: Int], reports: [NodeID: NodeReport]) {
        var reports: [NodeID: NodeReport] = [:]
        for row in try await NodeReportRows(store).list() { reports[row.node] = NodeReport(row.report) }
        return (try await NodeRows(store).list(), try await PlacementRows(store).counts(), reports)
    }
}

/// What moving tenants has come to lately.
struct Trails {
    private(set) var all: [TenantID: Inventory.Tenant.Trail] = [:]

    /// - Parameter ended: the oldest first.
    init(_ ended: [FleetRows.Ended]) {
        for move in ended {
            var trail = all[move.tenant] ?? Inventory.Tenant.Trail()
            if move.hasMoved {
                trail = Inventory.Tenant.Trail(moved: move.at, from: move.source)
            } else {
                trail.failures += 1
                trail.failed = move.at
            }
            all[move.tenant] = trail
        }
    }
}

/// Puts an inventory together. Pure.
struct FleetDraft {
    var inventory: Inventory
    private let reports: [NodeID: NodeReport]
    /// What each report that lists a tenant says of it.
    private var listings: [TenantID: [NodeID: NodeReport.Tenant]] = [:]
    private let rules: PlacementRules

    init(
        nodes: [NodeRow], reports: [NodeID: NodeReport], counts: [NodeID: Int], rules: PlacementRules, now: WallTime
    ) {
        self.rules = rules
        self.reports = reports
        for (node, report) in reports {
            for tenant in report.tenants { listings[tenant.id, default: [:]][node] = tenant }
        }
        inventory = Inventory(
            now: now, nodes: nodes.map { Self.node($0, reports[$0.id], counts[$0.id] ?? 0) }, tenants: [])
    }

    private static func node(_ row: NodeRow, _ report: NodeReport?, _ count: Int) -> Inventory.Node {
        Inventory.Node(
            id: row.id, state: state(row), zone: row.zone, labels: row.labels, capacity: report?.capacity ?? .zero,
            otherBytes: report?.otherBytes ?? 0, restCount: count, rest: report?.slow ?? .zero,
            restFast: report?.fast ?? .zero, holdsEmbeddedCatalog: row.holdsCatalog)
    }

    private static func state(_ row: NodeRow) -> Inventory.Node.State {
        switch row.state {
        case .up: .up
        case .suspect: .suspect
        case .draining: .draining
        case .fenced: .fenced
        }
    }

    /// Lists tenants; what they count is taken out of their nodes' rest.
    mutating func add(_ tenants: some Collection<FleetRows.Tenant>, trails: Trails) {
        var places: [NodeID: Int] = [:]
        for (place, node) in inventory.nodes.enumerated() { places[node.id] = place }
        for found in tenants.sorted(by: { $0.placement.tenant < $1.placement.tenant }) {
            let placement = found.placement
            let listed = listings[placement.tenant] ?? [:]
            // One that has just moved is in its former owner's report until the next one.
            let load = listed[placement.owner] ?? listed.min { $0.key < $1.key }?.value
            let tenant = Self.tenant(found, load, trails.all[placement.tenant], rules)
            inventory.tenants.append(tenant)
            if placement.state == .moving, let target = placement.target {
                inventory.moves.append(
                    Inventory.Move(
                        tenant: tenant.id, from: placement.owner, to: target, load: tenant.load,
                        constraints: tenant.constraints))
            }
            for (node, listed) in listed {
                if let place = places[node] { inventory.nodes[place].takeOut(listed.slow, listed.fast) }
            }
            guard let place = places[placement.owner] else { continue }
            inventory.nodes[place].restCount = max(inventory.nodes[place].restCount - 1, 0)
            if load == nil { inventory.nodes[place].takeOut(tenant.load, tenant.fast) }
        }
    }

    /// Tenants that were made since the last report, or are empty, take room too.
    mutating func reckonUnreported() {
        for place in inventory.nodes.indices {
            let node = inventory.nodes[place]
            inventory.nodes[place].rest[.bytes] = max(node.rest.bytes, Int64(node.restCount) * Self.least)
        }
    }

    /// Bytes that a tenant is reckoned with at least where a new one is placed.
    static let least: Int64 = 64 << 10

    static func tenant(
        _ found: FleetRows.Tenant, _ load: NodeReport.Tenant?, _ trail: Inventory.Tenant.Trail?, _ rules: PlacementRules
    ) -> Inventory.Tenant {
        let placement = found.placement
        let size = Load(bytes: found.bytes)
        var constraints = rules[found.schema] + (found.pin.map { [.pin($0)] } ?? [])
        if found.isIsolated { constraints.append(.alone) }
        return Inventory.Tenant(
            id: placement.tenant, node: placement.owner, version: placement.version, load: load?.slow ?? size,
            fast: load?.fast ?? size, constraints: constraints, trail: trail)
    }
}

extension Inventory.Node {
    /// The report and the list are of two moments: what is left is never less than nothing.
    fileprivate mutating func takeOut(_ slow: Load, _ fast: Load) {
        rest = Load.larger(rest - slow, .zero)
        restFast = Load.larger(restFast - fast, .zero)
    }
}
