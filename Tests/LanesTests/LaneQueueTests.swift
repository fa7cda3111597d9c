import Synchronization
import Testing

@testable import Lanes

@Suite struct LaneOrderTests {
    @Test func `units run in the order in which they were submitted`() throws {
        let group = try LaneGroup(count: 1, queueBound: 5_000)
        let record = Record<Int>()
        for number in 0..<1_000 { group.lanes[0].put { record.add(number) } }
        let many = (1_000..<5_000).map { number in Block { record.add(number) } }
        #expect(group.lanes[0].submit(contentsOf: many) == 4_000)
        group.shutdown()
        #expect(record.all == Array(0..<5_000))
        #expect(group.lanes[0].unitsTaken == 5_000)
    }

    @Test func `a full queue takes as many as fit and refuses the rest`() throws {
        let group = try LaneGroup(count: 1, queueBound: 3)
        let lane = group.lanes[0]
        let release = lane.hold()
        let record = Record<Int>()
        let units = (0..<5).map { number in Block { record.add(number) } }
        #expect(lane.submit(contentsOf: units) == 3)
        #expect(!lane.submit(Block { record.add(99) }))
        #expect(lane.submit(contentsOf: []) == 0)
        #expect(lane.queueLength == 3)
        release.open()
        group.shutdown()
        #expect(record.all == [0, 1, 2])
    }

    @Test func `urgent units pass a full queue and go first, up to their reserve`() throws {
        let group = try LaneGroup(count: 1, queueBound: 2)
        let lane = group.lanes[0]
        let release = lane.hold()
        let record = Record<Int>()
        for number in 0..<2 { lane.put { record.add(number) } }
        for number in 100..<116 { #expect(lane.submitUrgent(Block { record.add(number) })) }
        #expect(!lane.submitUrgent(Block { record.add(999) }))
        release.open()
        group.shutdown()
        #expect(record.all == Array(100..<116) + [0, 1])
    }

    @Test func `a ring keeps order while it wraps and grows`() {
        var ring = Ring<Int>(capacity: 16)
        var next = 0
        var expected = 0
        for round in 1...60 {
            for _ in 0..<round {
                ring.append(next)
                next += 1
            }
            for _ in 0..<(round - 1) {
                #expect(ring.popFirst() == expected)
                expected += 1
            }
        }
        #expect(ring.count == 60)
        while let value = ring.popFirst() {
            #expect(value == expected)
            expected += 1
        }
        #expect(expected == next)
    }
}

@Suite struct LaneBatchTests {
    /// What a unit leaves for the hook, as an owner of lanes would.
    final class Outbox: Sendable {
        let answers = Mutex<[Int]>([])
    }

    static func answer(_ number: Int) {
        if Lane.threadValue == nil { Lane.threadValue = Outbox() }
        (Lane.threadValue as? Outbox)?.answers.withLock { $0.append(number) }
    }

    static func take() -> [Int] {
        (Lane.threadValue as? Outbox)?.answers.withLock { answers in
            defer { answers = [] }
            return answers
        } ?? []
    }

    @Test func `the hook is called after at most sixteen units and when the queue is empty`() throws {
        let batches = Record<[Int]>()
        let group = try LaneGroup(count: 1, queueBound: 100, batchEnded: { batches.add(Self.take()) })
        let release = group.lanes[0].hold()
        for number in 0..<40 { group.lanes[0].put { Self.answer(number) } }
        release.open()
        group.shutdown()
        #expect(batches.all.filter { !$0.isEmpty }.map(\.count) == [16, 16, 8])
        #expect(batches.all.flatMap { $0 } == Array(0..<40))
    }

    @Test func `answers given before a slow unit do not wait for it`() throws {
        let batches = Record<[Int]>()
        let early = Latch()
        let others = Latch()
        let group = try LaneGroup(
            count: 1, queueBound: 100,
            batchEnded: {
                let answers = Self.take()
                batches.add(answers)
                if answers.contains(1) { early.open() }
                if answers.contains(3) { others.open() }
            })
        let release = group.lanes[0].hold()
        let finish = Latch()
        group.lanes[0].put { Self.answer(1) }
        group.lanes[0].put {
            #expect(Lane.stepAside())
            #expect(finish.wait())
            Self.answer(2)
        }
        group.lanes[0].put { Self.answer(3) }
        release.open()
        #expect(early.wait())
        #expect(others.wait())
        finish.open()
        group.shutdown()
        #expect(batches.all.filter { !$0.isEmpty } == [[1], [3], [2]])
    }
}
