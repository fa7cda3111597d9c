import Catalog
import Routing
import Testing
import Vocabulary

@Suite struct OwnerCheckTests {
    private let request = RequestStamp(tenant: TenantID(700), key: key("a"), epoch: Epoch(3))

    private func holding(_ phase: Holding.Phase, epoch: UInt64 = 3, name: String = "a") -> Holding {
        Holding(key: key(name), owner: node("n1"), epoch: Epoch(epoch), phase: phase)
    }

    @Test func `a request is judged by what this process holds`() {
        let cases: [(Holding?, OwnerCheck.Decision)] = [
            (nil, .readRow),
            (holding(.serving), .serve),
            (holding(.writesParked), .serveReads),
            (holding(.allParked), .park),
            // The sender knows more than we do.
            (holding(.serving, epoch: 2), .readRow),
            (holding(.released(owner: node("n2"), epoch: Epoch(2)), epoch: 1), .readRow),
            // We know more than the sender: it came back to us since.
            (holding(.serving, epoch: 5), .refuse(NotOwner(owner: node("n1"), epoch: Epoch(5)))),
            (
                holding(.released(owner: node("n2"), epoch: Epoch(4))),
                .refuse(NotOwner(owner: node("n2"), epoch: Epoch(4)))
            ),
            // One of us missed a rename.
            (holding(.serving, name: "b"), .readRow),
        ]
        for (holding, decision) in cases {
            #expect(OwnerCheck.evaluate(request, holding: holding) == decision)
        }
    }

    @Test func `a fresh row decides the rest`() async throws {
        let fixture = try await RoutingFixture()
        let row = try await fixture.make("a")
        let right = RequestStamp(tenant: row.id, key: key("a"), epoch: .first)
        #expect(OwnerCheck.evaluate(right, row: row, on: node("n1")) == .takeUp(row))
        #expect(
            OwnerCheck.evaluate(right, row: row, on: node("n2"))
                == .refuse(NotOwner(owner: node("n1"), epoch: .first)))
        #expect(OwnerCheck.evaluate(right, row: nil, on: node("n1")) == .refuse(NotOwner(owner: nil, epoch: nil)))
        let renamed = RequestStamp(tenant: row.id, key: key("b"), epoch: .first)
        #expect(OwnerCheck.evaluate(renamed, row: row, on: node("n1")) == .refuse(NotOwner(owner: nil, epoch: nil)))
        let early = RequestStamp(tenant: row.id, key: key("a"), epoch: Epoch(2))
        #expect(
            OwnerCheck.evaluate(early, row: row, on: node("n1")) == .refuse(NotOwner(owner: node("n1"), epoch: .first)))
        #expect(!NotOwner(owner: nil, epoch: nil).executed)
    }

    @Test func `a tenant is taken up from a row, once an epoch`() async throws {
        let fixture = try await RoutingFixture()
        var row = try await fixture.make("a")
        let book = OwnerBook(node("n1"))
        #expect(book.holding(row.id) == nil)
        guard case .taken(let holding) = book.takeUp(row) else {
            Issue.record("not taken up")
            return
        }
        #expect(holding.phase == .serving && book.holding(row.id) == holding)
        // A move under way is not undone by another reading of the same row.
        book.turn(row.id, epoch: .first, to: .allParked)
        _ = book.takeUp(row)
        #expect(book.holding(row.id)?.phase == .allParked)
        book.turn(row.id, epoch: Epoch(9), to: .serving)
        #expect(book.holding(row.id)?.phase == .allParked)
        // Released, and an old row comes along.
        book.turn(row.id, epoch: .first, to: .released(owner: node("n2"), epoch: Epoch(2)))
        #expect(
            book.takeUp(row) == .regressed(.regressed(tenant: row.id, known: Epoch(2), found: .first)))
        #expect(book.holding(row.id)?.phase == .released(owner: node("n2"), epoch: Epoch(2)))
        // Gone further.
        row.placement = Placement(tenant: row.id, owner: node("n3"), epoch: Epoch(3), version: 9)
        #expect(book.takeUp(row) == .notOwner(NotOwner(owner: node("n3"), epoch: Epoch(3))))
        #expect(book.holding(row.id)?.phase == .released(owner: node("n3"), epoch: Epoch(3)))
        // Come back.
        row.placement = Placement(tenant: row.id, owner: node("n1"), epoch: Epoch(4), version: 12)
        guard case .taken(let again) = book.takeUp(row) else {
            Issue.record("not taken up again")
            return
        }
        #expect(again.epoch == Epoch(4) && again.phase == .serving)
    }
}
