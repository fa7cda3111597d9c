import Catalog
import Foundation
import Movers
import Rebalancing
import Seams
import Tenants
import Testing
import Vocabulary

@Suite(.serialized) struct DifferingCopyTests {
    @Test(arguments: Way.allCases)
    func `a copy that was changed on its way ends the move and is kept to be looked at`(way: Way) async throws {
        try await Cluster.run(budgets: way.budgets) { cluster, n1, n2 in
            let (row, log) = try await filled(cluster, n1)
            cluster.faults.arm(.garble)
            let move = try await n1.current!.desk.begin(MoveRequest(tenant: row.id, target: n2.id))
            let ended = try await cluster.end(of: move)
            cluster.faults.disarm()
            #expect(ended.state == .aborted && ended.reason?.contains("differ") == true, "\(ended)")
            // The source's own file is sound: it serves on.
            #expect(try await cluster.verify(row, log) == [])
            try await until { try files(n2, "lost+found").contains { $0.hasPrefix("arrival-\(row.id)") } }
            #expect(try files(n2, "arrivals") == [])
            // And the next one arrives.
            let again = try await n1.current!.desk.begin(MoveRequest(tenant: row.id, target: n2.id))
            #expect(try await cluster.end(of: again).state == .done)
            #expect(try await cluster.verify(row, log) == [])
        }
    }

    @Test(arguments: Way.allCases)
    func `a source whose file is not what its checksum says serves it no more`(way: Way) async throws {
        try await Cluster.run(budgets: way.budgets) { cluster, n1, n2 in
            let (row, _) = try await filled(cluster, n1)
            // So that the pages are in the file and in no cache.
            let engine = n1.current!.engine
            let state = try await engine.freeze(row.id, patience: 0, endingTransactions: false, sleep: sleeping)
            let path = engine.layout.path(of: row.id, state.generation)
            let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            try handle.seek(toOffset: UInt64(state.pageCount - 1) * 4096 + 2000)
            try handle.write(contentsOf: Data([0xDE, 0xAD]))
            try handle.close()
            try await engine.thaw(row.id)
            let move = try await n1.current!.desk.begin(MoveRequest(tenant: row.id, target: n2.id))
            let ended = try await cluster.end(of: move)
            #expect(ended.state == .aborted && ended.reason?.contains("differ") == true, "\(ended)")
            await #expect(throws: TenantsError.self) { try await engine.perform(on: row.id) { _ in } }
            #expect(engine.damaged[row.id] != nil)
            #expect(n1.current!.notices.all.contains { if case .sourceDamaged = $0 { true } else { false } })
        }
    }

    private func filled(_ cluster: Cluster, _ node: Node) async throws -> (TenantRow, Log) {
        let row = try await cluster.make("acme", on: node)
        let log = Log()
        let client = Client(cluster: cluster, row: row, log: log)
        let deadline = SystemTime().monotonic().advanced(byNanoseconds: 20_000_000_000)
        for id in Int64(1)...100 { await client.write(id, deadline: deadline) }
        return (row, log)
    }

    private func files(_ node: Node, _ folder: String) throws -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: node.directory + "/" + folder)) ?? []
    }

    private func until(_ condition: () throws -> Bool) async throws {
        for _ in 0..<500 {
            if try condition() { return }
            try await sleeping(10_000_000)
        }
        throw Failure("it never came to be")
    }
}
