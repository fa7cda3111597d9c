import Movers
import Rebalancing
import Testing
import Vocabulary

/// What is written down or sent is read back as it was, and nothing else is read at all.
@Suite struct TextTests {
    private let offer = MoveOffer(
        order: MoveOrder(
            id: "mv-00ff", tenant: TenantID(0xABCDEF), source: NodeID("n1")!, target: NodeID("n2")!, epoch: Epoch(7)),
        version: 12,
        state: TenantState(
            generation: .none, epoch: Epoch(7), txid: TxID(99), time: WallTime(milliseconds: -5), pageCount: 3,
            checksum: .max))

    private func values(_ query: String) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: query.split(separator: "&").map { pair in
                let parts = pair.split(separator: "=").map(String.init)
                return (parts[0], parts[1])
            })
    }

    @Test func `an offer goes through a query`() {
        let values = values(offer.query)
        #expect(MoveOffer(move: "mv-00ff", query: { values[$0] }) == offer)
    }

    @Test func `an offer with anything missing or wrong is none`() {
        let right = values(offer.query)
        for name in right.keys {
            var wrong = right
            wrong[name] = nil
            // One who does not say how it copies parks writes first.
            #expect((MoveOffer(move: "mv-1", query: { wrong[$0] }) == nil) == (name != "copying"), "\(name)")
            wrong[name] = "x y"
            #expect(MoveOffer(move: "mv-1", query: { wrong[$0] }) == nil, "\(name)")
        }
        for (name, value) in [("pages", "0"), ("tenant", "0000000000000001"), ("epoch", "-1")] {
            var wrong = right
            wrong[name] = value
            #expect(MoveOffer(move: "mv-1", query: { wrong[$0] }) == nil, "\(name)")
        }
        for move in ["", "../x", "MV", String(repeating: "m", count: 65)] {
            #expect(MoveOffer(move: move, query: { right[$0] }) == nil, "\(move)")
        }
    }

    @Test func `a position goes through a line`() {
        let position = MovePosition(txid: TxID(3), checksum: .max)
        #expect(MovePosition(text: position.text) == position)
        for text in ["", "1", "1 2 3", "a b", "-1 2"] { #expect(MovePosition(text: text) == nil) }
    }
}
