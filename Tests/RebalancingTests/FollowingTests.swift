import Catalog
import Movers
import Rebalancing
import Seams
import Tenants
import Testing
import Vocabulary

/// Tenants that are copied while they are written.
@Suite(.serialized) struct FollowingTests {
    @Test func `a large tenant is written while it is copied, and waits for its last pages only`() async throws {
        var budgets = MoveBudgets.besideWrites
        budgets.piecePages = 16
        budgets.batchPages = 64
        budgets.tail = TailPace.Limits(pause: 5_000_000, longestPause: 1_000_000_000, patience: 64)
        try await Cluster.run(budgets: budgets) { cluster, n1, n2 in
            let row = try await cluster.make("acme", on: n1)
            try await fill(row.id, megabytes: 24, at: n1)
            let log = Log()
            var copied = 0
            try await Load(Client(cluster: cluster, row: row, log: log)).during {
                let before = log.acknowledged.count
                let move = try await n1.current!.desk.begin(MoveRequest(tenant: row.id, target: n2.id))
                while let row = try await MoveRows(cluster.store).find(move),
                    row.state == .preparing || row.state == .copying
                {
                    copied = log.acknowledged.count - before
                    try await sleeping(1_000_000)
                }
                let ended = try await cluster.end(of: move)
                #expect(ended.state == .done, "\(ended)")
                // Its base, and what was written meanwhile.
                #expect(ended.bytes > 23 << 20, "\(ended)")
            }
            #expect(copied > 0, "writes must go on while the base is copied")
            #expect(log.unknownCount == 0)
            #expect(try await cluster.verify(row, log) == [])
        }
    }

    @Test func `a tenant whose changes were lost sight of stays, and says so`() async throws {
        var budgets = MoveBudgets.besideWrites
        budgets.piecePages = 1
        try await Cluster.run(budgets: budgets) { cluster, n1, n2 in
            let row = try await cluster.make("acme", on: n1)
            try await fill(row.id, megabytes: 2, at: n1)
            let move = try await n1.current!.desk.begin(MoveRequest(tenant: row.id, target: n2.id))
            while n1.current!.desk.isAt(move) {
                // Somebody else follows it: this one's marks are gone.
                try await n1.current!.engine.stopFollowing(try await n1.current!.engine.follow(row.id))
                try await sleeping(200_000)
            }
            let ended = try await cluster.end(of: move)
            #expect(ended.state == .aborted, "\(ended)")
            #expect(ended.reason?.contains("file") == true, "\(ended)")
            let again = try await n1.current!.desk.begin(MoveRequest(tenant: row.id, target: n2.id))
            #expect(try await cluster.end(of: again).state == .done)
            #expect(try await cluster.verify(row, Log()) == [])
        }
    }

    private func fill(_ tenant: TenantID, megabytes: Int, at node: Node) async throws {
        try await perform("CREATE TABLE IF NOT EXISTS large(id INTEGER PRIMARY KEY, v TEXT)", tenant, at: node)
        for _ in 0..<megabytes {
            try await perform(
                """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)
                INSERT INTO large(v) SELECT hex(randomblob(2000)) FROM n
                """, tenant, at: node)
        }
    }

    private func perform(_ sql: String, _ tenant: TenantID, at node: Node) async throws {
        try await node.current!.engine.perform(on: tenant) { database in
            let session = database.session(
                on: database.temporaryStream(principal: 1), rights: .write, deadline: .distantFuture)
            let running = try session.start(sql)
            while try running.step() {}
            _ = running.finish()
        }
    }
}
