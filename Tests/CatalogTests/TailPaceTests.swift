import Rebalancing
import Testing

@Suite struct TailPaceTests {
    private let limits = TailPace.Limits(pause: 10, longestPause: 100, patience: 3)

    @Test func `it is enough when what is left takes no longer than the pause`() {
        var pace = TailPace(limits)
        #expect(!pace.isShort(left: 5) && pace.isShort(left: 0))
        pace.sent(pages: 10, in: 20, left: 50)
        #expect(pace.predicted(left: 50) == 100)
        #expect(!pace.isShort(left: 50) && pace.isShort(left: 5))
    }

    @Test func `where writes are as fast as the copy, a longer pause will do after a while`() {
        var pace = TailPace(limits)
        for _ in 0..<3 { pace.sent(pages: 10, in: 20, left: 40) }
        #expect(!pace.isShort(left: 40))
        pace.sent(pages: 10, in: 20, left: 39)
        #expect(pace.isShort(left: 39))
        #expect(!pace.isShort(left: 400), "but not any pause")
    }

    @Test func `as long as it becomes less, it goes on`() {
        var pace = TailPace(limits)
        for left in [4000, 2000, 1000, 500, 250, 120, 60] {
            pace.sent(pages: 10, in: 20, left: left)
            #expect(!pace.isShort(left: left))
        }
    }
}
