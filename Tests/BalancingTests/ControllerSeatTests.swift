import Seams
import Testing
import Vocabulary

@testable import Balancing
@testable import Catalog

struct ControllerSeatTests {
    private static let here = NodeID("n1")!
    private static let other = NodeID("n2")!

    private static func row(_ holder: NodeID?, term: UInt64, beat: UInt64) -> ControllerRow {
        ControllerRow(holder: holder, term: term, beat: beat)
    }

    private static func at(_ seconds: UInt64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test func `an empty seat is taken, and held`() {
        var seat = ControllerSeat(Self.here, patience: 6_000_000_000)
        #expect(seat.observe(Self.row(nil, term: 0, beat: 0), at: Self.at(1)) == .take)
        seat.taken(Self.row(Self.here, term: 1, beat: 1))
        #expect(seat.observe(Self.row(Self.here, term: 1, beat: 9), at: Self.at(2)) == .hold)
        #expect(seat.observe(Self.row(Self.other, term: 2, beat: 10), at: Self.at(3)) == .wait, "lost")
    }

    @Test func `a beating holder is left alone, a silent one is not`() {
        var seat = ControllerSeat(Self.here, patience: 6_000_000_000)
        for second in 0..<20 {
            #expect(
                seat.observe(Self.row(Self.other, term: 3, beat: UInt64(second / 5)), at: Self.at(UInt64(second)))
                    == .wait)
        }
        #expect(seat.observe(Self.row(Self.other, term: 3, beat: 3), at: Self.at(20)) == .wait)
        #expect(seat.observe(Self.row(Self.other, term: 3, beat: 3), at: Self.at(21)) == .take)
    }

    @Test func `a seat of an earlier process of this node is taken at once`() {
        var seat = ControllerSeat(Self.here, patience: 6_000_000_000)
        #expect(seat.observe(Self.row(Self.here, term: 7, beat: 70), at: Self.at(0)) == .take)
    }
}
