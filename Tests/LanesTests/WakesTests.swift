import Lanes
import Synchronization
import Testing

/// Wake-ups that are put off.
@Suite struct WakesTests {
    private final class Sleeper: Wakeable {
        let count = Atomic<Int>(0)
        func wake() { count.add(1, ordering: .relaxed) }
        var wakes: Int { count.load(ordering: .relaxed) }
    }

    @Test func `whoever is given several things is woken once, afterwards`() {
        let (one, other) = (Sleeper(), Sleeper())
        Wakes.together {
            for _ in 0..<3 { #expect(Wakes.later(one)) }
            Wakes.together { #expect(Wakes.later(other)) }
            #expect(one.wakes == 0 && other.wakes == 0)
        }
        #expect(one.wakes == 1 && other.wakes == 1)
        Wakes.together {}
        #expect(one.wakes == 1)
    }

    @Test func `outside of it nothing is put off`() {
        #expect(!Wakes.later(Sleeper()))
        Wakes.together {}
        #expect(!Wakes.later(Sleeper()))
    }

    @Test func `many things are handed over a few at a time`() {
        let sleeper = Sleeper()
        var seen: [Int] = []
        Wakes.together(Array(0..<(3 * Wakes.most + 1))) { _ in
            seen.append(sleeper.wakes)
            _ = Wakes.later(sleeper)
        }
        #expect(sleeper.wakes == 4)
        #expect(seen.last == 3)
    }

    @Test func `a lane that is given units meanwhile runs them afterwards`() throws {
        let group = try LaneGroup(count: 1, queueBound: 10)
        final class Unit: LaneUnit {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
            func run() { body() }
        }
        let counter = Counter()
        Wakes.together {
            for _ in 0..<5 { #expect(group.lanes[0].submit(Unit { counter.add() })) }
        }
        group.shutdown()
        #expect(counter.value == 5)
    }

    private final class Counter: Sendable {
        private let count = Atomic<Int>(0)
        var value: Int { count.load(ordering: .relaxed) }
        func add() { count.add(1, ordering: .relaxed) }
    }
}
