import Vocabulary

/// Decides what should move: a pure function of the inventory, the policy and a seed.
package struct Planner: Sendable {
    package var policy: Policy

    package init(policy: Policy) { self.policy = policy }

    /// The most urgent first; what comes later sees what was decided before.
    ///
    /// Linear in the tenants listed, and bounded by ``Policy/maximumRows`` in what it decides.
    package func plan(_ inventory: Inventory, seed: UInt64) -> Plan {
        var draft = Draft(Fleet(inventory, policy), seed: seed)
        draft.failOver()
        draft.endViolations()
        draft.relieveDisks()
        draft.drain()
        draft.grantRequests()
        draft.balance(alreadyMoved: inventory.balancedBytes)
        draft.refuseLeft()
        return draft.plan(seed: seed)
    }
}
