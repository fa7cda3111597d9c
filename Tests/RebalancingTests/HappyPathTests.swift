import Catalog
import Movers
import Routing
import Seams
import Tenants
import Testing
import Vocabulary

@Suite(.serialized) struct HappyPathTests {
    @Test func `a move that is asked for twice under its id is begun once`() async throws {
        try await Cluster.run { cluster, n1, n2 in
            let row = try await cluster.make("acme", on: n1)
            let request = MoveRequest(tenant: row.id, target: n2.id, id: "mv-0123456789abcdef")
            let move = try await n1.current!.desk.begin(request)
            #expect(try await n1.current!.desk.begin(request) == move)
            #expect(try await cluster.end(of: move).state == .done)
            for node in [n1, n2] { #expect(try await node.current!.desk.begin(request) == move) }
            #expect(try await cluster.placement(row.id).epoch == Epoch(2))
        }
    }

    @Test func `a tenant moves with all that was written, and is served there`() async throws {
        try await Cluster.run { cluster, n1, n2 in
            let row = try await cluster.make("acme", on: n1)
            let log = Log()
            let client = Client(cluster: cluster, row: row, log: log)
            let deadline = SystemTime().monotonic().advanced(byNanoseconds: 20_000_000_000)
            for id in Int64(1)...50 { await client.write(id, deadline: deadline) }
            let before = n1.current!.engine.facts(of: row.id)
            let move = try await n1.current!.desk.begin(MoveRequest(tenant: row.id, target: n2.id))
            let ended = try await cluster.end(of: move)
            #expect(ended.state == .done, "\(ended)")
            #expect(ended.pause != nil && ended.bytes > 0 && ended.txid == TxID(50))
            let placement = try await cluster.placement(row.id)
            #expect(placement.owner == n2.id && placement.epoch == Epoch(2) && placement.state == .stable)
            #expect(n1.current!.engine.facts(of: row.id) == nil)
            #expect(n2.current!.engine.facts(of: row.id)?.epoch == Epoch(2))
            #expect(before != nil)
            for id in Int64(51)...60 { await client.write(id, deadline: deadline) }
            await client.read(deadline: deadline)
            #expect(log.failures == [])
            #expect(log.acknowledged.count == 60)
        }
    }
}
