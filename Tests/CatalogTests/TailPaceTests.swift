import Rebalancing
import Testing

@Suite struct TailPaceTests {
    private let limits = TailPace.Limits(pause: 1_000, longestPause: 10_000, patience: 3)

    private func ask(_ pace: inout TailPace, _ pages: Int...) -> [Bool] { pages.map { pace.isEnough($0) } }

    @Test func `it is enough when what has changed takes no longer than the pause`() {
        var pace = TailPace(limits)
        #expect(ask(&pace, 5, 0) == [false, true], "nothing is known of the time before the first batch")
        pace.sent(pages: 100, in: 1_000)
        #expect(pace.predicted(50) == 500)
        #expect(ask(&pace, 150, 50) == [false, true])
    }

    @Test func `a call takes its time whatever is in it`() {
        var pace = TailPace(limits)
        pace.sent(pages: 100, in: 1_000)
        for _ in 0..<30 { pace.sent(pages: 1, in: 900) }
        #expect((880...900).contains(pace.predicted(0)))
        #expect(ask(&pace, 5, 20) == [true, false])
    }

    @Test func `where writes are as fast as the copy, a longer pause will do after a while`() {
        var pace = TailPace(limits)
        for _ in 0..<3 {
            #expect(ask(&pace, 400) == [false])
            pace.sent(pages: 100, in: 1_000)
        }
        #expect(ask(&pace, 400, 4_000) == [true, false], "but not any pause")
    }

    @Test func `as long as what is sent makes it less, it goes on, however much there is`() {
        var pace = TailPace(limits)
        for left in stride(from: 100_000, through: 200, by: -100) {
            #expect(ask(&pace, left) == [false], "\(left)")
            pace.sent(pages: 100, in: 1_000)
        }
        #expect(ask(&pace, 100) == [true])
    }
}
