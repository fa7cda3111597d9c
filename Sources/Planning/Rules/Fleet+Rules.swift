import Vocabulary

extension Fleet {
    /// The first hard rule by which a node may not take a guest; nil: it may.
    ///
    /// - Parameter left: what one has used that is certainly gone before; not its space.
    func hindrance(_ guest: Guest, at node: Int, after left: Load = .zero) -> Hindrance? {
        let state = books[node].node.state
        guard state == .up else { return .state(state) }
        return misplacement(guest.constraints, at: node) ?? neighbours(guest, at: node) ?? room(
            guest, at: node, after: left)
            ?? tail(guest)
    }

    /// What constraints say of a node by itself, whoever else is there.
    func misplacement(_ constraints: [Constraint], at place: Int) -> Hindrance? {
        let node = books[place].node
        for constraint in constraints {
            switch constraint {
            case .pin(let pin) where pin != node.id: return .pinned(to: pin)
            case .forbid(let forbidden) where forbidden == node.id: return .forbidden
            case .label(let name, let value) where node.labels[name] != value:
                return .label(name: name, wanted: value, found: node.labels[name])
            case .zones(let zones) where !zones.contains(node.zone): return .zone(wanted: zones, found: node.zone)
            default: continue
            }
        }
        return nil
    }

    /// What it and the tenants of a node say of each other. One that is to be alone on a certain node goes there all
    /// the same: the others make room.
    private func neighbours(_ guest: Guest, at node: Int) -> Hindrance? {
        let book = books[node]
        if let loner = book.loner { return .loner(loner) }
        for constraint in guest.constraints {
            switch constraint {
            case .apart(let group) where book.groups[group, default: 0] > 0: return .apart(group: group)
            case .alone where book.peakCount > 0 && !guest.constraints.contains(.pin(book.node.id)):
                return .company(tenants: book.peakCount)
            default: continue
            }
        }
        return nil
    }

    /// Whether it fits at every moment: see ``Book/peak``.
    private func room(_ guest: Guest, at node: Int, after left: Load) -> Hindrance? {
        let book = books[node]
        guard book.peakCount < book.node.maximumTenants else {
            return .tenants(after: book.peakCount + 1, limit: book.node.maximumTenants)
        }
        let added = guest.load.asAdded
        let load = book.peak + added - left.withoutBytes
        for dimension in Dimension.allCases where added[dimension] > 0 {
            let limit = policy.limits.ceiling[dimension]
            guard dimension != .bytes else {
                let after = book.share(.bytes, of: load + Load(bytes: book.node.otherBytes))
                if after > limit { return .disk(after: after, limit: limit) }
                continue
            }
            let after = book.share(dimension, of: load)
            if after > limit { return .room(dimension, after: after, limit: limit) }
        }
        return nil
    }

    /// A tail that grows faster than it is sent never gets short.
    private func tail(_ guest: Guest) -> Hindrance? {
        let rate = policy.prediction.rate
        return guest.load[.writes] >= rate ? .neverCaughtUp(writes: guest.load[.writes], rate: rate) : nil
    }

    /// Balancing does not take a tenant back where it just came from.
    func wayBack(_ tenant: Inventory.Tenant, to node: Int) -> Hindrance? {
        guard let trail = tenant.trail, let moved = trail.moved, trail.from == id(node) else { return nil }
        let until = moved.later(by: policy.coolDown.wayBack)
        return now < until ? .cameFromThere(until: until) : nil
    }
}
