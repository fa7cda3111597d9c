import Planning
import Vocabulary

/// A small fleet with a bit of everything.
struct RandomWorld {
    var inventory: Inventory
    var policy: Policy

    init(seed: Int) {
        var dice = Dice(seed)
        let nodes = Self.nodes(&dice)
        let tenants = (0..<dice.within(0...40)).map { Self.tenant($0, nodes, &dice) }
        inventory = Inventory(now: noon, nodes: nodes, tenants: tenants)
        inventory.moves = Self.moves(tenants, nodes, &dice)
        policy = Self.policy(&dice)
    }

    private static func nodes(_ dice: inout Dice) -> [Inventory.Node] {
        let count = dice.within(1...7)
        let embedded = dice.once(in: 2) ? dice.within(1...count) : 0
        return (1...count).map { number in
            var made = Inventory.Node(id: node(number), capacity: capacity)
            for dimension in Dimension.allCases where dice.once(in: 3) {
                made.capacity[dimension] = dice.once(in: 6) ? 0 : capacity[dimension] * Int64(dice.within(1...4)) / 2
            }
            made.zone = ["east", "west"][dice.below(2)]
            made.labels = dice.once(in: 2) ? ["disk": "fast"] : [:]
            made.state = [.up, .up, .up, .up, .up, .draining, .suspect, .fenced][dice.below(8)]
            made.overloaded = dice.once(in: 4) ? [] : .all
            made.holdsEmbeddedCatalog = number == embedded
            made.maximumTenants = dice.once(in: 5) ? dice.within(1...10) : 1000
            made.otherBytes = dice.once(in: 3) ? capacity.bytes * Int64(dice.below(400)) / 1000 : 0
            if dice.once(in: 3) {
                made.restCount = dice.within(1...1000)
                made.rest = perMille(cpu: dice.below(300), bytes: dice.below(300))
                made.restFast = made.rest
            }
            return made
        }
    }

    private static func tenant(_ number: Int, _ nodes: [Inventory.Node], _ dice: inout Dice) -> Inventory.Tenant {
        var made = guest(
            number, on: dice.once(in: 2) ? 1 : dice.within(1...nodes.count),
            cpu: dice.below(dice.once(in: 6) ? 400 : 90),
            writes: dice.below(60), bytes: dice.below(dice.once(in: 6) ? 300 : 50), memory: dice.below(50),
            constraints(nodes.count, &dice))
        if dice.once(in: 4) { made.fast = perMille(cpu: dice.below(200), writes: dice.below(60), bytes: 1) }
        if dice.once(in: 5) { made.trail = trail(nodes.count, &dice) }
        return made
    }

    private static func constraints(_ count: Int, _ dice: inout Dice) -> [Constraint] {
        switch dice.below(24) {
        case 0: [.pin(node(dice.within(1...count)))]
        case 1: [.forbid(node(dice.within(1...count)))]
        case 2: [.label(name: "disk", value: "fast")]
        case 3: [.zones(["east"])]
        case 4, 5: [.apart("pair")]
        case 6 where dice.once(in: 3): [.alone]
        case 7: [.zones(["west", "north"]), .forbid(node(1)), .apart("pair")]
        default: []
        }
    }

    private static func trail(_ count: Int, _ dice: inout Dice) -> Inventory.Tenant.Trail {
        let ago = WallTime(milliseconds: noon.milliseconds - Int64(dice.below(80)) * 60_000)
        return dice.once(in: 3)
            ? .init(failures: dice.within(1...9), failed: ago) : .init(moved: ago, from: node(dice.within(1...count)))
    }

    private static func moves(
        _ tenants: [Inventory.Tenant], _ nodes: [Inventory.Node], _ dice: inout Dice
    ) -> [Inventory.Move] {
        tenants.filter { _ in dice.once(in: 15) }.compactMap { tenant in
            let target = nodes[dice.below(nodes.count)].id
            guard target != tenant.node else { return nil }
            return Inventory.Move(
                tenant: tenant.id, from: tenant.node, to: target, load: tenant.load, constraints: tenant.constraints)
        }
    }

    private static func policy(_ dice: inout Dice) -> Policy {
        var policy = dice.once(in: 3) ? Policy() : generous
        policy.takesOver = dice.once(in: 2)
        policy.choices = dice.within(1...8)
        if dice.once(in: 4) { policy.balance.floor = PerDimension(all: 0.05) }
        if dice.once(in: 6) { policy.maximumRows = dice.below(6) }
        if dice.once(in: 6) { policy.budget.bigBytes = 500 * mebibyte }
        if dice.once(in: 8) { policy.budget.hourlyBytes = 0 }
        if dice.once(in: 10) { policy.windows = [TimeWindow(from: 0, to: 60)!] }
        return policy
    }

    /// The same with all nodes up and nothing in it that is more urgent than balancing.
    var withoutUrgencies: RandomWorld {
        var world = self
        for place in world.inventory.nodes.indices {
            world.inventory.nodes[place].state = .up
            world.inventory.nodes[place].otherBytes = 0
            world.policy.limits.diskUrgent = 100
        }
        for place in world.inventory.tenants.indices { world.inventory.tenants[place].constraints = [] }
        for place in world.inventory.moves.indices { world.inventory.moves[place].constraints = [] }
        return world
    }
}
