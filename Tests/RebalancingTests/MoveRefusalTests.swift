import Catalog
import Foundation
import Movers
import Rebalancing
import Residents
import Routing
import SQLiteKit
import Seams
import Tenants
import Testing
import Vocabulary

@Suite(.serialized) struct MoveRefusalTests {
    private func begin(_ node: Node, _ row: TenantRow, to target: NodeID) async -> MoveRefusal? {
        do throws(MoveRefusal) {
            _ = try await node.current!.desk.begin(MoveRequest(tenant: row.id, target: target))
            return nil
        } catch {
            return error
        }
    }

    @Test func `what cannot be moved is refused before anything changes`() async throws {
        try await Cluster.run { cluster, n1, n2 in
            let row = try await cluster.make("acme", on: n1)
            #expect(await begin(n1, row, to: n1.id) == .alreadyThere)
            #expect(await begin(n1, row, to: NodeID("n9")!) == .targetNotUp)
            #expect(
                await begin(n2, row, to: n1.id) == .elsewhere(NotOwner(owner: n1.id, epoch: .first)))
            var ghost = row
            ghost.id = TenantID(4711)
            #expect(await begin(n1, ghost, to: n2.id) == .tenantNotFound)
            let nodes = NodeRows(cluster.store)
            #expect(try await nodes.turn(n2.id, from: .up, to: .draining, at: SystemTime().wall()))
            #expect(await begin(n1, row, to: n2.id) == .targetNotUp)
            #expect(try await cluster.placement(row.id).version == row.placement.version)
            _ = try await TenantRows(cluster.store).delete(row.id, at: SystemTime().wall())
            #expect(await begin(n1, row, to: n2.id) == .notMovable)
        }
    }

    @Test func `one move of a tenant and two of a node at once`() async throws {
        var budgets = MoveBudgets.quick
        budgets.transactionPatience = 2_000_000_000
        budgets.freeze = 5_000_000_000
        try await Cluster.run(budgets: budgets) { cluster, n1, n2 in
            let rows = [
                try await cluster.make("a", on: n1), try await cluster.make("b", on: n1),
                try await cluster.make("c", on: n1),
            ]
            // Their freezes wait for transactions, so that the moves stay under way.
            for row in rows { try await open(n1, row) }
            let first = try await n1.current!.desk.begin(MoveRequest(tenant: rows[0].id, target: n2.id))
            #expect(await begin(n1, rows[0], to: n2.id) == .inProgress(first))
            let second = try await n1.current!.desk.begin(MoveRequest(tenant: rows[1].id, target: n2.id))
            #expect(await begin(n1, rows[2], to: n2.id) == .tooMany)
            for move in [first, second] {
                let row = try await n1.current!.desk.cancel(move)
                #expect(row.state == .aborted && row.reason == "cancelled")
            }
            #expect(try await cluster.placement(rows[0].id).state == .stable)
            // And again: the place is free.
            #expect(await begin(n1, rows[2], to: n2.id) == nil)
        }
    }

    /// A stream with an open transaction, as a client leaves it between two requests.
    private func open(_ node: Node, _ row: TenantRow) async throws {
        try await node.current!.engine.perform(on: row.id) { database in
            let stream = try database.openStream(principal: 1)
            let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
            for sql in ["BEGIN", "INSERT INTO t(v) VALUES ('open')"] {
                let running = try session.start(sql)
                while try running.step() {}
                _ = running.finish()
            }
            database.leave(stream)
        }
    }

    @Test(arguments: MoveRequest.OnTransaction.allCases)
    func `an open transaction postpones a move, or is ended if so asked`(
        onTransaction: MoveRequest.OnTransaction
    ) async throws {
        try await Cluster.run { cluster, n1, n2 in
            let row = try await cluster.make("acme", on: n1)
            try await open(n1, row)
            let log = Log()
            try await Load(Client(cluster: cluster, row: row, log: log), writers: 2, readers: 1).during {
                let move = try await n1.current!.desk.begin(
                    MoveRequest(tenant: row.id, target: n2.id, onTransaction: onTransaction))
                let ended = try await cluster.end(of: move)
                switch onTransaction {
                case .postpone:
                    #expect(ended.state == .aborted && ended.reason?.contains("transaction") == true, "\(ended)")
                    #expect(try await cluster.placement(row.id).owner == n1.id)
                    // It is still there, and lives on.
                    await #expect(throws: FreezeFailure.stillInUse) {
                        try await n1.current!.engine.freeze(
                            row.id, patience: 0, endingTransactions: false, sleep: sleeping)
                    }
                    try await end(n1, row)
                case .abort:
                    #expect(ended.state == .done, "\(ended)")
                    #expect(try await cluster.placement(row.id).owner == n2.id)
                }
            }
            #expect(try await cluster.verify(row, log) == [])
        }
    }

    private func end(_ node: Node, _ row: TenantRow) async throws {
        _ = try await node.current!.engine.freeze(
            row.id, patience: 0, endingTransactions: true, sleep: sleeping)
        try await node.current!.engine.thaw(row.id)
    }

    @Test func `a move that is done is not cancelled, one that is aborted stays so`() async throws {
        try await Cluster.run { cluster, n1, n2 in
            let row = try await cluster.make("acme", on: n1)
            let move = try await n1.current!.desk.begin(MoveRequest(tenant: row.id, target: n2.id))
            #expect(try await cluster.end(of: move).state == .done)
            await #expect(throws: MoveRefusal.committed) { try await n1.current!.desk.cancel(move) }
            await #expect(throws: MoveRefusal.moveNotFound) { try await n1.current!.desk.cancel("mv-0") }
            #expect(await begin(n1, row, to: n2.id) == .elsewhere(NotOwner(owner: n2.id, epoch: Epoch(2))))
        }
    }

    @Test func `a copy of an earlier stay is not served`() async throws {
        try await Cluster.run { cluster, n1, n2 in
            let row = try await cluster.make("acme", on: n1)
            // It leaves and comes back without a copy ever being sent.
            try await hand(row.id, from: n1, to: n2, cluster)
            try await hand(row.id, from: n2, to: n1, cluster)
            await #expect(throws: ResidentsError.self) { try await n1.current!.residents.takeUp(row.id) }
            #expect(n1.current!.book.holding(row.id)?.epoch == .first)
            let client = Client(cluster: cluster, row: row, log: Log(), isEager: true)
            await client.read(deadline: SystemTime().monotonic().advanced(byNanoseconds: 200_000_000))
            #expect(client.log.failures.count == 1)
        }
    }

    private func hand(_ tenant: TenantID, from source: Node, to target: Node, _ cluster: Cluster) async throws {
        let rows = PlacementRows(cluster.store)
        let now = SystemTime().wall()
        let version = try await cluster.placement(tenant).version
        let move = "mv-\(tenant)-\(version)"
        guard
            case .prepared(let row) = try await rows.prepare(
                tenant, version: version, to: target.id, move: move, at: now)
        else { throw Failure("not prepared") }
        let incarnation = try await NodeRows(cluster.store).find(source.id)!.incarnation
        let commit = MoveCommit(
            tenant: tenant, move: move, version: row.version, source: source.id, incarnation: incarnation, txid: .none,
            checksum: 0)
        guard case .committed(let moved) = try await rows.commit(commit, at: now) else {
            throw Failure("not committed")
        }
        _ = try await rows.finish(moved, at: now)
    }

    @Test func `a move that nobody is at is ended after a while`() async throws {
        try await Cluster.run { cluster, n1, n2 in
            let row = try await cluster.make("acme", on: n1)
            let prepared = try await PlacementRows(cluster.store).prepare(
                row.id, version: row.placement.version, to: n2.id, move: "mv-late", at: SystemTime().wall())
            guard case .prepared = prepared else { throw Failure("\(prepared)") }
            let desk = n1.current!.desk
            let found = await desk.endOrphans([])
            #expect(found == ["mv-late"])
            #expect(try await cluster.placement(row.id).state == .moving, "it may be on its way still")
            #expect(await desk.endOrphans(found) == found)
            let after = try await cluster.placement(row.id)
            #expect(after.state == .stable && after.owner == n1.id && after.epoch == row.placement.epoch)
            #expect(await desk.endOrphans(found) == [])
            // One that somebody is at is left to him, and so is a tenant that has come.
            let move = try await desk.begin(MoveRequest(tenant: row.id, target: n2.id))
            var end = try await MoveRows(cluster.store).find(move)!
            while end.state != .done, end.state != .aborted {
                for node in [n1, n2] { _ = await node.current!.desk.endOrphans([move]) }
                end = try await MoveRows(cluster.store).find(move)!
            }
            #expect(end.reason != "nobody was at it any more")
        }
    }

    @Test func `a move of an unknown process is ended by the next one that is asked for`() async throws {
        try await Cluster.run { cluster, n1, n2 in
            let row = try await cluster.make("acme", on: n1)
            let prepared = try await PlacementRows(cluster.store).prepare(
                row.id, version: row.placement.version, to: n2.id, move: "mv-late", at: SystemTime().wall())
            guard case .prepared = prepared else { throw Failure("\(prepared)") }
            let move = try await n1.current!.desk.begin(MoveRequest(tenant: row.id, target: n2.id))
            #expect(try await cluster.end(of: move).state == .done)
            #expect(try await MoveRows(cluster.store).find("mv-late")?.state == .aborted)
        }
    }

    @Test func `copies whose source is away are in nobody's way, and are ended without it`() async throws {
        try await Cluster.run { cluster, n1, n2 in
            var waiting: [(row: TenantRow, move: String)] = []
            for number in 0..<cluster.budgets.movesIn {
                let row = try await cluster.make("away-\(number)", on: n1)
                let move = "mv-away-\(number)"
                try await copy(row, by: move, from: n1, to: n2, cluster)
                waiting.append((row, move))
            }
            let other = try await cluster.make("other", on: n1)
            let move = try await n1.current!.desk.begin(MoveRequest(tenant: other.id, target: n2.id))
            let ended = try await cluster.end(of: move)
            #expect(ended.state == .done, "\(ended)")
            n1.crash()
            for (row, move) in waiting {
                try await n2.current!.desk.withdraw(move)
                #expect(try await cluster.end(of: move).state == .aborted)
                let placement = try await cluster.placement(row.id)
                #expect(placement.state == .stable && placement.owner == n1.id)
            }
            await #expect(throws: MoveRefusal.committed) { try await n2.current!.desk.withdraw(move) }
            await #expect(throws: MoveRefusal.moveNotFound) { try await n2.current!.desk.withdraw("mv-0") }
            try await n1.start()
            for (row, move) in waiting {
                let client = Client(cluster: cluster, row: row, log: Log(), isEager: true)
                await client.write(1, deadline: SystemTime().monotonic().advanced(byNanoseconds: 5_000_000_000))
                #expect(client.log.failures == [] && client.log.acknowledgedCount == 1, "\(move)")
            }
        }
    }

    @Test func `half a copy of a source that has died is not in the way of the tenant's next move`() async throws {
        var budgets = MoveBudgets.quick
        budgets.silence = 60_000_000_000
        try await Cluster.run(budgets: budgets) { cluster, n1, n2 in
            let row = try await cluster.make("half", on: n1)
            try await copy(row, by: "mv-half", from: n1, to: n2, cluster, isWhole: false)
            n1.crash()
            try await n1.start()
            let move = try await n1.current!.desk.begin(MoveRequest(tenant: row.id, target: n2.id))
            let ended = try await cluster.end(of: move)
            #expect(ended.state == .done, "\(ended)")
        }
    }

    /// As far as a source comes before it commits: the target has answered for the copy.
    ///
    /// - Parameter isWhole: false stops after the first piece.
    private func copy(
        _ row: TenantRow, by move: String, from source: Node, to target: Node, _ cluster: Cluster, isWhole: Bool = true
    ) async throws {
        let engine = source.current!.engine
        let state = try await engine.freeze(
            row.id, patience: 2_000_000_000, endingTransactions: false, sleep: sleeping)
        let prepared = try await PlacementRows(cluster.store).prepare(
            row.id, version: row.placement.version, to: target.id, move: move, at: SystemTime().wall())
        guard case .prepared(let placement) = prepared else { throw Failure("\(prepared)") }
        let order = MoveOrder(id: move, tenant: row.id, source: source.id, target: target.id, epoch: .first)
        let offer = MoveOffer(order: order, version: placement.version, state: state)
        var offset: Int64 = 0
        for try await piece in engine.export(row.id, state) {
            try await target.current!.arrivals.take(piece, at: offset, of: offer)
            offset += Int64(piece.count)
            if !isWhole { return }
            // Any node of the cluster may be wrong.
            await #expect(throws: ArrivalRefusal.gap) {
                try await target.current!.arrivals.take(piece, at: .max, of: offer)
            }
        }
        try await target.current!.arrivals.finish(offer)
    }

    // MARK: What is left behind

    @Test func `a tenant that has left takes no place among the open ones`() async throws {
        try await Cluster.run { cluster, n1, n2 in
            for number in 0..<5 {
                let row = try await cluster.make("t\(number)", on: n1)
                // On a busy machine a step may take longer than the tests give it.
                var end = MoveRow.State.aborted
                for _ in 0..<10 where end != .done {
                    let move = try await n1.current!.desk.begin(MoveRequest(tenant: row.id, target: n2.id))
                    end = try await cluster.end(of: move).state
                }
                #expect(end == .done)
                let client = Client(cluster: cluster, row: row, log: Log())
                await client.write(1, deadline: SystemTime().monotonic().advanced(byNanoseconds: 20_000_000_000))
                #expect(client.log.failures == [])
            }
            for _ in 0..<500 where n1.current!.engine.openCount > 1 { try await sleeping(20_000_000) }
            // The node's own books.
            #expect(n1.current!.engine.openCount <= 1)
        }
    }

    @Test func `copies that were not put away are found at a start, tombstones go when their day is over`() async throws
    {
        try await Cluster.run { cluster, n1, n2 in
            var rows: [TenantRow] = []
            for name in ["left", "purged", "mine", "unknown"] { rows.append(try await cluster.make(name, on: n1)) }
            try await hand(rows[0].id, from: n1, to: n2, cluster)
            try await hand(rows[1].id, from: n1, to: n2, cluster)
            let now = SystemTime().wall()
            for row in [rows[1], rows[3]] { try await cluster.erase(row.id, at: now) }
            try n1.stop()
            try await n1.start()
            let engine = n1.current!.engine
            let folder = n1.directory + "/lost+found/tombstones"
            let buried = { (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0 }
            for _ in 0..<500 where buried() < 2 { try await sleeping(20_000_000) }
            #expect(engine.facts(of: rows[0].id) == nil && engine.facts(of: rows[1].id) == nil)
            #expect(engine.facts(of: rows[2].id) != nil, "its own")
            #expect(engine.facts(of: rows[3].id) != nil, "nobody knows what became of it")
            #expect(buried() == 2)
            // While the node is up.
            let old = folder + "/\(rows[0].id).7.1000.sqlite"
            #expect(FileManager.default.createFile(atPath: old, contents: nil))
            for _ in 0..<500 where FileManager.default.fileExists(atPath: old) { try await sleeping(20_000_000) }
            #expect(buried() == 2)
        }
    }
}
