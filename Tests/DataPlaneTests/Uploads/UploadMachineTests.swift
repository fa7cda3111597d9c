import NIOCore
import NIOHTTP1
import Testing

@testable import DataPlane

/// The connection's judgement on a request that is handed over before its body is there.
struct UploadMachineTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func begun(_ change: (inout HeadFacts) -> Void = { _ in }) -> ConnectionMachine {
        var facts = HeadFacts(keepAlive: true, isHead: false, isOld: false)
        facts.contentLength = 1 << 30
        change(&facts)
        var machine = ConnectionMachine(limits: DoorLimits(), now: start)
        #expect(machine.begin(.upload(bodyLimit: 1 << 30), facts, now: start) == .handOver)
        return machine
    }

    @Test func `the body is delivered as it comes, and the next request waits for the answer`() {
        var machine = begun()
        #expect(machine.takes(head: false) && !machine.takes(head: true))
        #expect(machine.body(1 << 20, now: start) == .deliver)
        machine.hold(true, now: start)
        #expect(!machine.takes(head: false))
        machine.hold(false, now: start)
        #expect(machine.takes(head: false))
        #expect(machine.end(now: start) == .deliver)
        #expect(machine.phase == .waiting && !machine.takes(head: true))
        machine.willAnswer()
        #expect(machine.answered(now: start) == .next)
    }

    @Test func `one that is longer than it may be is given up`() {
        var far = ConnectionMachine(limits: DoorLimits(), now: start)
        var facts = HeadFacts(keepAlive: true, isHead: false, isOld: false)
        facts.contentLength = (1 << 30) + 1
        #expect(far.begin(.upload(bodyLimit: 1 << 30), facts, now: start) == .refuse(.bodyTooLarge))
        var machine = begun { ($0.contentLength, $0.isChunked) = (nil, true) }
        #expect(machine.body(1 << 30, now: start) == .deliver)
        #expect(machine.body(1, now: start) == .giveUp(.bodyTooLarge))
    }

    @Test func `an answer before the end is the connection's last`() {
        var machine = begun()
        machine.willAnswer()
        #expect(machine.answered(now: start) == .finish)
        #expect(machine.lingerTime == DoorLimits().uploadLinger)
    }

    @Test func `who sends too little in a minute is cut off, not whom we hold up`() {
        let late = start + .seconds(61)
        var machine = begun()
        #expect(machine.overdue(now: late, headSince: nil) == .refuse(.tooSlow))
        #expect(machine.body(64 << 10, now: start + .seconds(50)) == .deliver)
        #expect(machine.overdue(now: late, headSince: nil) == nil)
        #expect(machine.body(100, now: start + .seconds(100)) == .deliver)
        #expect(machine.overdue(now: start + .seconds(111), headSince: nil) == .refuse(.tooSlow))
        machine.hold(true, now: start)
        #expect(machine.overdue(now: late, headSince: nil) == nil)
        #expect(machine.overdue(now: start + .seconds(331), headSince: nil) == .refuse(.unanswered))
    }

    @Test func `a large one is given longer for its answer`() {
        var machine = begun()
        _ = machine.body(1 << 30, now: start)
        _ = machine.end(now: start)
        #expect(machine.overdue(now: start + .seconds(420), headSince: nil) == nil)
        #expect(machine.overdue(now: start + .seconds(433), headSince: nil) == .refuse(.unanswered))
    }
}
