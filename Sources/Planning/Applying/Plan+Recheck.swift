import Vocabulary

extension Plan {
    /// Checks a row against the world as it is now: the plan's age, the placement row's version, both nodes, the
    /// tenant's rest and every hard rule of the target. Pure; the prepare that follows compares the version once
    /// more.
    package func recheck(_ row: PlanRow, in world: World) -> Recheck {
        if world.fleet.now > expires { return .skipped(.expired(at: expires)) }
        guard let placement = world.placement, let tenant = world.tenant else { return .skipped(.gone) }
        if let skip = row.difference(from: placement) { return .skipped(skip) }
        if let skip = row.hindrance(of: tenant, in: world.fleet) { return .skipped(skip) }
        return .go
    }
}

extension PlanRow {
    fileprivate func difference(from placement: Placement) -> Skip? {
        if placement.state == .moving { return .moving(to: placement.target) }
        if placement.owner != from { return .owner(planned: from, found: placement.owner) }
        if placement.version != version { return .version(planned: version, found: placement.version) }
        return nil
    }

    fileprivate func hindrance(of tenant: Inventory.Tenant, in fleet: Fleet) -> Skip? {
        guard let source = fleet.places[from] else { return .unknownNode(from) }
        guard let target = fleet.places[to] else { return .unknownNode(to) }
        let state = fleet.books[source].node.state
        guard canLeave(state, fleet.policy) else { return .source(state) }
        if purpose == .drain, state != .draining { return .undrained }
        if purpose != .failover, let why = fleet.resting(tenant) { return .resting(why) }
        if purpose == .balance, let hindrance = fleet.wayBack(tenant, to: target) { return .hindered(hindrance) }
        return fleet.hindrance(Guest(tenant), at: target).map(Skip.hindered)
    }

    /// A takeover leaves a fenced node; every other move is sent by a node that has its lease.
    private func canLeave(_ state: Inventory.Node.State, _ policy: Policy) -> Bool {
        switch state {
        case .up, .draining: purpose != .failover
        case .fenced: purpose == .failover && policy.takesOver
        case .suspect: false
        }
    }
}
