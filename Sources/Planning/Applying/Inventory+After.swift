package import Vocabulary

extension Inventory {
    /// What the inventory would be once a plan is carried out: for showing what it comes to. Copies that stay behind at
    /// the sources for a while are not counted.
    package func after(_ plan: Plan, at time: WallTime) -> Inventory {
        let rows = Dictionary(plan.rows.map { ($0.tenant, $0) }) { first, _ in first }
        var after = self
        after.now = time
        for place in after.tenants.indices {
            guard let row = rows[after.tenants[place].id] else { continue }
            after.tenants[place].node = row.to
            after.tenants[place].version += 1
            after.tenants[place].trail = Tenant.Trail(moved: time, from: row.from)
        }
        return after
    }
}
