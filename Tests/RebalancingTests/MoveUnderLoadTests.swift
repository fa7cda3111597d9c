import Catalog
import Movers
import Rebalancing
import Seams
import Tenants
import Testing
import Vocabulary

@Suite(.serialized) struct MoveUnderLoadTests {
    @Test(arguments: Way.allCases)
    func `clients notice nothing while a tenant moves there and back again`(way: Way) async throws {
        try await Cluster.run(budgets: way.budgets) { cluster, n1, n2 in
            let row = try await cluster.make("acme", on: n1)
            let log = Log()
            try await Load(Client(cluster: cluster, row: row, log: log)).during {
                for round in 0..<6 {
                    let (from, to) = round % 2 == 0 ? (n1, n2) : (n2, n1)
                    let move = try await from.current!.desk.begin(MoveRequest(tenant: row.id, target: to.id))
                    let ended = try await cluster.end(of: move)
                    #expect(ended.state == .done, "\(ended)")
                }
            }
            #expect(try await cluster.verify(row, log) == [])
            #expect(try await cluster.placement(row.id).epoch == Epoch(7))
            #expect(log.unknownCount == 0 && log.acknowledged.count > 50)
        }
    }

    @Test(arguments: Way.allCases)
    func `a copy that nothing changes has the same checksum on both sides`(way: Way) async throws {
        try await Cluster.run(budgets: way.budgets) { cluster, n1, n2 in
            let row = try await cluster.make("acme", on: n1)
            let log = Log()
            let client = Client(cluster: cluster, row: row, log: log)
            let deadline = SystemTime().monotonic().advanced(byNanoseconds: 20_000_000_000)
            for id in Int64(1)...200 { await client.write(id, deadline: deadline) }
            let sent = try await n1.current!.engine.freeze(
                row.id, patience: 0, endingTransactions: false, sleep: sleeping)
            try await n1.current!.engine.thaw(row.id)
            let move = try await n1.current!.desk.begin(MoveRequest(tenant: row.id, target: n2.id))
            let ended = try await cluster.end(of: move)
            let arrived = n2.current!.engine.facts(of: row.id)!
            #expect(
                arrived.checksum == sent.checksum && arrived.txid == sent.txid && arrived.pageCount == sent.pageCount)
            #expect(ended.checksum == sent.checksum && ended.bytes == Int64(sent.pageCount) * 4096)
            #expect(try await cluster.verify(row, log) == [])
        }
    }
}
