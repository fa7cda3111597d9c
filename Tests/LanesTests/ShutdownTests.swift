import Synchronization
import Testing

@testable import Lanes

@Suite struct ShutdownTests {
    @Test func `what was taken before shutdown still runs, what comes later is refused`() throws {
        let group = try LaneGroup(count: 2, queueBound: 1_000)
        let ran = Count()
        let release = group.lanes[0].hold()
        for _ in 0..<500 { group.lanes[0].put { ran.add() } }
        let closer = try BackgroundThread(name: "closer") { group.shutdown() }
        while !group.lanes[1].isClosed {}
        #expect(!group.lanes[0].submit(Block { ran.add() }))
        #expect(group.lanes[0].submit(contentsOf: [Block { ran.add() }]) == 0)
        #expect(!group.lanes[0].submitUrgent(Block { ran.add() }))
        release.open()
        closer.join()
        #expect(ran.value == 500)
        #expect(group.threadCount == 0)
        group.shutdown()
    }

    @Test func `a unit that is aside is waited for`() throws {
        let group = try LaneGroup(count: 1, queueBound: 10)
        let aside = Latch()
        let finish = Latch()
        let ended = Count()
        group.lanes[0].put {
            #expect(Lane.stepAside())
            aside.open()
            #expect(finish.wait())
            ended.add()
        }
        #expect(aside.wait())
        let closer = try BackgroundThread(name: "closer") {
            group.shutdown()
            #expect(ended.value == 1)
        }
        while !group.lanes[0].isClosed {}
        finish.open()
        closer.join()
    }

    @Test func `a unit may step aside while the lane drains`() throws {
        let group = try LaneGroup(count: 1, queueBound: 100)
        let record = Record<Int>()
        let release = group.lanes[0].hold()
        for number in 0..<20 {
            group.lanes[0].put {
                if number % 5 == 0 { #expect(Lane.stepAside()) }
                record.add(number)
            }
        }
        let closer = try BackgroundThread(name: "closer") { group.shutdown() }
        while !group.lanes[0].isClosed {}
        release.open()
        closer.join()
        #expect(record.all.sorted() == Array(0..<20))
    }
}
