import Lanes
import Synchronization
import Testing

@Suite struct LaneExecutorTests {
    actor Counter {
        private let lane: Lane
        private var count = 0
        init(lane: Lane) { self.lane = lane }
        nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

        func add() -> Bool {
            count += 1
            return Lane.current === lane
        }
        func triesToStepAside() -> Bool { Lane.stepAside() }
        func value() -> Int { count }
        nonisolated func fromOutside() -> Int { assumeIsolated { $0.countNow } }
        private var countNow: Int { count }
    }

    actor Plain {
        private var count = 0
        func add() -> (Int, Bool) {
            count += 1
            return (count, Lane.isOnLane)
        }
    }

    @Test func `an actor lives on its lane beside the lane's units`() async throws {
        let group = try LaneGroup(count: 2, queueBound: 10_000)
        let counter = Counter(lane: group.lanes[0])
        let units = Count()
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<200 {
                tasks.addTask {
                    let lane = await counter.add()
                    #expect(lane)
                }
                group.lanes[0].put { units.add() }
            }
        }
        #expect(await counter.value() == 200)
        #expect(await !counter.triesToStepAside())
        let done = Latch()
        group.lanes[0].put {
            #expect(counter.fromOutside() == 200)
            done.open()
        }
        #expect(done.wait())
        group.shutdown()
        #expect(units.value == 200)
    }

    @Test func `a task that prefers a lane runs on it, and so do the default actors that it calls`() async throws {
        let group = try LaneGroup(count: 1, queueBound: 10)
        let plain = Plain()
        let lane = group.lanes[0]
        let task = Task(executorPreference: lane) {
            #expect(Lane.current === lane)
            let first = await plain.add()
            await Task.yield()
            #expect(Lane.current === lane)
            let second = await plain.add()
            return [first, second]
        }
        let results = await task.value
        #expect(results.map(\.0) == [1, 2])
        #expect(results.allSatisfy { $0.1 })
        group.shutdown()
    }

    @Test func `tasks are not counted against the bound of units`() async throws {
        let group = try LaneGroup(count: 1, queueBound: 1)
        let lane = group.lanes[0]
        let release = lane.hold()
        let tasks = (0..<10).map { number in Task(executorPreference: lane) { number } }
        // The first job of each is in the queue by now or soon; a unit is taken in either case.
        lane.put {}
        #expect(!lane.submit(Block {}))
        release.open()
        for (number, task) in tasks.enumerated() { #expect(await task.value == number) }
        group.shutdown()
    }
}
