import NIOCore
import NIOHTTP1
import Testing

@testable import DataPlane

/// The connection's judgement, without a connection.
struct ConnectionMachineTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private var facts: HeadFacts { HeadFacts(keepAlive: true, isHead: false, isOld: false) }

    private func machine(_ change: (inout DoorLimits) -> Void = { _ in }) -> ConnectionMachine {
        var limits = DoorLimits()
        change(&limits)
        return ConnectionMachine(limits: limits, now: start)
    }

    @Test func `ours goes from head to hand-over to the next request`() {
        var machine = machine()
        #expect(machine.takes(head: true) && !machine.takes(head: false))
        #expect(machine.begin(.dataPlane(), facts, now: start) == .collect(sendContinue: false))
        #expect(machine.body(10, now: start) == .keep)
        #expect(machine.end(now: start) == .handOver)
        #expect(!machine.takes(head: true), "the next request waits for this one's answer")
        #expect(machine.answered(now: start) == .next)
        #expect(machine.takes(head: true))
    }

    @Test func `a tail exchange is over when request and answer both are`() {
        var early = machine()
        #expect(early.begin(.tail, facts, now: start) == .forward(sendContinue: false))
        early.tailBegan(now: start)
        #expect(early.tailEnded(now: start) == .nothingYet)
        #expect(early.body(5, now: start) == .forward, "Hummingbird reads the rest")
        #expect(early.end(now: start) == .forward)
        #expect(early.tailSettled(now: start) == .next)
        var late = machine()
        _ = late.begin(.tail, facts, now: start)
        #expect(late.end(now: start) == .forward)
        #expect(late.tailSettled(now: start) == .nothingYet)
        late.tailBegan(now: start)
        #expect(late.tailEnded(now: start) == .next)
    }

    @Test func `a refused body is read to its end unless that cannot be known or is too far`() {
        var facts = facts
        facts.contentLength = 100
        var near = machine { $0.body = 10 }
        #expect(near.begin(.dataPlane(), facts, now: start) == .discard)
        #expect(near.body(100, now: start) == .drop)
        #expect(near.end(now: start) == .refuse(.bodyTooLarge))
        #expect(near.answered(now: start) == .next)
        var far = machine {
            $0.body = 10
            $0.discard = 50
        }
        #expect(far.begin(.dataPlane(), facts, now: start) == .refuse(.bodyTooLarge))
        #expect(far.answered(now: start) == .finish)
        facts.expectsContinue = true
        var asked = machine { $0.body = 10 }
        #expect(asked.begin(.dataPlane(), facts, now: start) == .refuse(.bodyTooLarge))
        #expect(asked.answered(now: start) == .finish)
    }

    @Test func `quiescing ends an idle connection now and others with their answer`() {
        var idle = machine()
        let isIdle = idle.quiesce()
        #expect(isIdle)
        var busy = machine()
        _ = busy.begin(.dataPlane(), facts, now: start)
        let isBusy = busy.quiesce()
        #expect(!isBusy)
        _ = busy.end(now: start)
        #expect(busy.answered(now: start) == .finish)
    }

    @Test(arguments: [false, true])
    func `an end by the client or an upgrade ends after the answer`(_ upgrade: Bool) {
        var facts = facts
        if upgrade { facts.asksUpgrade = true } else { facts.keepAlive = false }
        var machine = machine()
        _ = machine.begin(.dataPlane(), facts, now: start)
        _ = machine.end(now: start)
        #expect(machine.answered(now: start) == .finish)
        #expect(machine.ignoresInput)
    }

    @Test func `every wait has its end`() {
        let limits = DoorLimits()
        let idle = machine()
        #expect(idle.overdue(now: start + limits.idle - .nanoseconds(1), headSince: nil) == nil)
        #expect(idle.overdue(now: start + limits.idle, headSince: nil) == .close)
        #expect(idle.overdue(now: start + limits.headTime, headSince: start) == .refuse(.tooSlow))
        var ours = machine()
        _ = ours.begin(.dataPlane(), facts, now: start)
        #expect(ours.overdue(now: start + limits.bodyTime, headSince: nil) == .refuse(.tooSlow))
        _ = ours.end(now: start)
        #expect(ours.overdue(now: start + limits.answer, headSince: nil) == .refuse(.unanswered))
        ours.beginStreaming(now: start)
        #expect(ours.overdue(now: start + limits.answer, headSince: nil) == .cut)
        var tail = machine()
        _ = tail.begin(.tail, facts, now: start)
        #expect(tail.overdue(now: start + limits.bodyTime, headSince: nil) == .refuse(.tooSlow))
        tail.tailBegan(now: start)
        #expect(tail.overdue(now: start + limits.bodyTime, headSince: nil) == .cut)
        tail.finish(now: start)
        #expect(tail.overdue(now: start + limits.writeStall, headSince: nil) == .cut)
        tail.linger(now: start)
        #expect(tail.overdue(now: start + limits.linger, headSince: nil) == .close)
    }
}
