import Rebalancing
import Testing
import Vocabulary

@Suite struct MoveWorldTests {
    @Test(arguments: [MoveOrder.Copying.whileFrozen, .thenTail])
    func `whatever happens, one owner and no write lost`(copying: MoveOrder.Copying) {
        var (moved, aborted) = (0, 0)
        for seed in UInt64(1)...2000 {
            var world = MoveWorld(seed: seed, copying: copying, lossy: true)
            world.messages.append(.source(.start))
            for _ in 0..<200 where world.failure == nil { world.step() }
            #expect(world.failure == nil, "seed \(seed)")
            if world.row.owner == world.target { moved += 1 } else { aborted += 1 }
        }
        // The chaos must leave both ends within reach, or it proves nothing.
        #expect(moved > 150 && aborted > 150, "\(moved) moved, \(aborted) not")
    }

    @Test(arguments: [MoveOrder.Copying.whileFrozen, .thenTail])
    func `undisturbed, a move ends with the target serving`(copying: MoveOrder.Copying) {
        for seed in UInt64(1)...200 {
            var world = MoveWorld(seed: seed, copying: copying, lossy: false)
            world.messages.append(.source(.start))
            for _ in 0..<300 { world.step() }
            #expect(world.failure == nil, "seed \(seed)")
            #expect(world.machine.state == .moved && world.targetServes, "seed \(seed): \(world.machine.state)")
            #expect(world.row.state == .stable && world.row.owner == world.target)
        }
    }
}
