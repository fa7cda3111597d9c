import Planning
import Vocabulary

func node(_ number: Int) -> NodeID { NodeID("n\(number)")! }
func tenant(_ number: Int) -> TenantID { TenantID(TenantID.firstFree + UInt64(number)) }

let mebibyte: Int64 = 1 << 20
/// A second of processor time, 100 MiB/s of writes, 100 GiB of disk, 8 GiB of memory.
let capacity = Load(cpu: 1_000_000, writes: 100 * mebibyte, bytes: 100_000 * mebibyte, memory: 8192 * mebibyte)
let noon = WallTime(milliseconds: 20_000 * 86_400_000 + 43_200_000)

/// Loads in per mille of `capacity`.
func perMille(cpu: Int = 0, writes: Int = 0, bytes: Int = 0, memory: Int = 0) -> Load {
    func part(_ share: Int, _ dimension: Dimension) -> Int64 { capacity[dimension] * Int64(share) / 1000 }
    return Load(
        cpu: part(cpu, .cpu), writes: part(writes, .writes), bytes: part(bytes, .bytes), memory: part(memory, .memory))
}

func fleet(_ count: Int, _ change: (Int, inout Inventory.Node) -> Void = { _, _ in }) -> [Inventory.Node] {
    (1...count).map { number in
        var made = Inventory.Node(id: node(number), capacity: capacity, overloaded: .all)
        change(number, &made)
        return made
    }
}

func guest(
    _ number: Int, on place: Int, cpu: Int = 0, writes: Int = 0, bytes: Int = 1, memory: Int = 0,
    _ constraints: [Constraint] = []
) -> Inventory.Tenant {
    Inventory.Tenant(
        id: tenant(number), node: node(place), version: UInt64(number + 1),
        load: perMille(cpu: cpu, writes: writes, bytes: bytes, memory: memory), constraints: constraints)
}

/// A policy whose budgets do not bind.
var generous: Policy {
    var policy = Policy()
    policy.budget.balanceRounds = 1_000_000
    policy.budget.hourlyBytes = .max / 4
    return policy
}

func planned(_ inventory: Inventory, _ policy: Policy = generous, seed: UInt64 = 1) -> Plan {
    Planner(policy: policy).plan(inventory, seed: seed)
}
