import Glibc
import Lanes
import Synchronization
import Testing

/// Notices when two threads are in it at once.
final class Occupancy: Sendable {
    private let isTaken = Mutex(false)

    func enter() {
        let was = isTaken.withLock { taken in
            defer { taken = true }
            return taken
        }
        #expect(!was)
    }

    func leave() { isTaken.withLock { $0 = false } }
}

@Suite struct StepAsideTests {
    @Test func `a slow unit does not hold up the units behind it`() throws {
        let group = try LaneGroup(count: 1, queueBound: 100)
        let lane = group.lanes[0]
        let finish = Latch()
        let others = Latch()
        let slowEnded = Count()
        // Held first, so that the slow unit and those behind it are taken as one batch.
        let release = lane.hold()
        lane.put {
            #expect(Lane.current === lane)
            #expect(Lane.stepAside())
            #expect(Lane.current == nil)
            #expect(Lane.isOnLane)
            #expect(finish.wait())
            slowEnded.add()
        }
        for _ in 0..<50 {
            lane.put {
                #expect(Lane.current === lane)
                others.open()
            }
        }
        release.open()
        #expect(others.wait(for: 50))
        #expect(slowEnded.value == 0)
        finish.open()
        group.shutdown()
        #expect(slowEnded.value == 1)
    }

    @Test func `no more units step aside than there are spare threads`() throws {
        let group = try LaneGroup(count: 2, queueBound: 100, spareThreads: 3)
        let finish = Latch()
        let reached = Latch()
        let results = Record<Bool>()
        for number in 0..<8 {
            group.lanes[number % 2].put {
                results.add(Lane.stepAside())
                reached.open()
                _ = finish.wait()
            }
        }
        // Three aside, wherever they were, and one more on each lane that was refused and holds it.
        #expect(reached.wait(for: 5))
        #expect(results.all.filter { $0 }.count == 3)
        #expect(group.threadCount == 5)
        finish.open()
        group.shutdown()
        #expect(group.threadCount == 0)
    }

    @Test func `a thread that comes back is a spare for the next slow unit`() throws {
        let group = try LaneGroup(count: 1, queueBound: 100, spareThreads: 1)
        for _ in 0..<200 {
            let done = Latch()
            group.lanes[0].put {
                // The thread of the unit before may still be on its way back.
                while !Lane.stepAside() {}
                done.open()
            }
            #expect(done.wait())
        }
        #expect(group.threadCount == 2)
        group.shutdown()
    }

    @Test func `a spare that is idle for long ends`() throws {
        let group = try LaneGroup(count: 1, queueBound: 10, spareIdleTime: 20_000_000)
        let done = Latch()
        group.lanes[0].put {
            #expect(Lane.stepAside())
            done.open()
        }
        #expect(done.wait())
        let start = ContinuousClock.now
        while group.threadCount > 1, ContinuousClock.now - start < .seconds(10) { usleep(2_000) }
        #expect(group.threadCount == 1)
        // And a new one is made when it is needed again.
        group.lanes[0].put { #expect(Lane.stepAside()) }
        group.shutdown()
    }

    @Test func `stepping aside twice in one unit takes one spare only`() throws {
        let group = try LaneGroup(count: 1, queueBound: 10, spareThreads: 2)
        let done = Latch()
        group.lanes[0].put {
            #expect(Lane.stepAside())
            #expect(Lane.stepAside())
            #expect(group.threadCount == 2)
            done.open()
        }
        #expect(done.wait())
        group.shutdown()
    }

    @Test func `a unit that follows one aside may itself step aside`() throws {
        let group = try LaneGroup(count: 1, queueBound: 10)
        let record = Record<Int>()
        let latches = (0..<4).map { _ in Latch() }
        let all = Latch()
        for number in 0..<4 {
            group.lanes[0].put {
                #expect(Lane.stepAside())
                all.open()
                #expect(latches[number].wait())
                record.add(number)
                if number > 0 { latches[number - 1].open() }
            }
        }
        #expect(all.wait(for: 4))
        latches[3].open()
        group.shutdown()
        #expect(record.all == [3, 2, 1, 0])
    }

    @Test func `off the lanes there is nothing to step aside from`() {
        #expect(!Lane.stepAside())
        #expect(Lane.current == nil)
        #expect(!Lane.isOnLane)
    }

    @Test func `every unit runs once while units step aside under load`() throws {
        let group = try LaneGroup(count: 3, queueBound: 100_000, spareThreads: 4)
        let lane: @Sendable (Int) -> Lane = { group.lanes[$0] }
        let ran = Count()
        let onDuty = (0..<3).map { _ in Occupancy() }
        let threads = try (0..<4).map { seed in
            try BackgroundThread(name: "submit-\(seed)") {
                for number in 0..<2_000 {
                    let index = (number &+ seed) % 3
                    let unit = Block {
                        // Two threads on duty at one lane would meet here.
                        onDuty[index].enter()
                        let slow = number % 97 == 0
                        onDuty[index].leave()
                        if slow { _ = Lane.stepAside() }
                        ran.add()
                    }
                    let taken =
                        number % 10 == 0 ? lane(index).submit(contentsOf: [unit]) == 1 : lane(index).submit(unit)
                    #expect(taken)
                }
            }
        }
        for thread in threads { thread.join() }
        group.shutdown()
        #expect(ran.value == 8_000)
    }
}
