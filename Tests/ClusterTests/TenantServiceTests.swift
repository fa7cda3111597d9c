import Catalog
import Cluster
import ControlPlane
import Residents
import Routing
import Seams
import Tenants
import Testing
import Vocabulary

/// What operators do with tenants, on a real engine and catalog; of the two nodes in it, n2 is never there.
struct TenantServiceTests {
    private func run(
        keyHold: Int64 = TenantRows.defaultKeyHold,
        _ body: @escaping @Sendable (NodeHouse, TenantService, PlacementCache) async throws -> Void
    ) async throws {
        let house = try await NodeHouse(keyHold: keyHold)
        try await RelayWorld.run { world in
            let cache = PlacementCache()
            let service = TenantService(
                store: house.store, residents: house.residents, peers: InternalCalls(transport: world.peers),
                cache: cache, time: SystemTime()
            ) { _ in "default" }
            try await body(house, service, cache)
        }
        try house.stop()
    }

    @Test func `what was undeleted is not swept, however old the list of what to sweep`() async throws {
        try await run { house, service, _ in
            let key = try TenantKey("acme")
            _ = try await service.create(NewTenant(key: key))
            let listed = try await service.delete(key)
            let back = try await service.undelete(key)
            let later = WallTime(milliseconds: SystemTime().wall().milliseconds + 1)
            #expect(try await house.residents.purge(listed, deletedBefore: later) == .notDeleted(back))
            #expect(house.engine.facts(of: back.id) != nil)
            // Deleted again, after what the sweep was about.
            _ = try await service.delete(key)
            guard case .notDeleted = try await house.residents.purge(listed, deletedBefore: WallTime(milliseconds: 1))
            else { throw CatalogError.damaged("swept before its time") }
            #expect(house.engine.facts(of: back.id) != nil)
        }
    }

    @Test func `what was made for nothing goes again, unless somebody has used it or may know of it`() async throws {
        try await run(keyHold: 0) { house, service, _ in
            let key = try TenantKey("acme")
            for _ in 0..<2 {
                let made = try await service.create(NewTenant(key: key))
                try await service.takeBack(made.id)
                #expect(try await service.rows.find(key) == nil)
                #expect(house.engine.facts(of: made.id) == nil)
            }
            let row = try await service.create(NewTenant(key: key))
            try await house.engine.perform(on: row.id) { database in
                let stream = database.temporaryStream(principal: 1)
                try database.session(on: stream, rights: .write, deadline: .distantFuture).run(
                    "INSERT INTO t VALUES (1)")
            }
            try await service.takeBack(row.id)
            #expect(try await service.rows.find(key) == row, "it was never away")
            // As after a crash in the middle of it, where somebody takes the deletion back.
            let late = try await service.create(NewTenant(key: try TenantKey("late")))
            #expect(try await service.rows.deleteUnused(late.id, at: SystemTime().wall())?.state == .deleted)
            #expect(try await house.residents.dropUnwritten(late.id))
            let back = try await service.undelete(late.key)
            #expect(try await house.residents.takeUp(back).state == .ready, "its file is made anew")
            #expect(house.engine.facts(of: late.id) != nil)
        }
        try await run { house, service, _ in
            let made = try await service.create(NewTenant(key: try TenantKey("acme")))
            try await service.takeBack(made.id)
            #expect(try await service.rows.find(made.id) == made)
        }
    }

    @Test func `once a removal has begun it is finished, not taken back`() async throws {
        try await run { house, service, _ in
            let key = try TenantKey("acme")
            let row = try await service.create(NewTenant(key: key))
            _ = try await service.delete(key)
            _ = try await service.rows.beginPurge(row.id, ownedBy: NodeHouse.id, at: SystemTime().wall())
            #expect(await Self.code { _ = try await service.undelete(key) } == "tenant_deleted")
            #expect(await Self.code { _ = try await service.create(NewTenant(key: key)) } == "tenant_deleted")
            await #expect(throws: ResidentsError.self) { _ = try await house.residents.takeUp(row.id) }
            // As after a crash between the steps.
            let finished = try await house.residents.finishAll()
            #expect(finished.removals == 1 && finished.failures.isEmpty)
            #expect(house.engine.facts(of: row.id) == nil)
            #expect(try await service.rows.find(row.id) == nil)
        }
    }

    @Test func `a schema that nobody knows leaves nothing behind`() async throws {
        try await run { house, service, _ in
            let new = NewTenant(key: try TenantKey("acme"), schema: "nope")
            #expect(await Self.code { _ = try await service.create(new) } == "config_invalid")
            #expect(try await service.rows.find(new.key) == nil)
            // One that was left by an earlier version keeps neither the node nor the others back, and can be removed.
            guard
                case .created(let stuck) = try await service.rows.create(new, on: NodeHouse.id, at: SystemTime().wall())
            else { throw CatalogError.damaged("not made") }
            _ = try await house.creating("whole", on: "n1")
            let finished = try await house.residents.finishAll()
            #expect(finished.creations == 1)
            #expect(finished.failures.map(\.tenant) == [stuck.id])
            try await service.purge(new.key)
            #expect(try await service.rows.find(stuck.id) == nil)
        }
    }

    @Test func `a tenant whose chosen node is gone is made by another`() async throws {
        try await run { house, service, _ in
            for number in 0..<8 {
                let row = try await service.create(NewTenant(key: try TenantKey("tenant-\(number)")))
                #expect(row.state == .ready && row.placement.owner == NodeHouse.id)
                #expect(house.engine.facts(of: row.id)?.epoch == row.placement.epoch)
            }
            // Some had been given to the other one first.
            #expect(try await service.rows.list().contains { $0.placement.epoch == Epoch(2) })
            // A creation that an earlier call left there is taken back without it.
            let stuck = try await house.creating("stuck", on: "n2")
            try await service.purge(stuck.key)
            #expect(try await service.rows.find(stuck.id) == nil)
        }
    }

    @Test func `what was confirmed is what this node serves next`() async throws {
        try await run { house, service, cache in
            let key = try TenantKey("acme")
            let resolver = RouteResolver(cache: cache, tenants: service.rows, time: SystemTime())
            #expect(try await resolver.resolve(key) == nil)
            let row = try await service.create(NewTenant(key: key))
            #expect(try await resolver.resolve(key)?.tenant == row.id)
            _ = try await service.delete(key)
            #expect(try await resolver.resolve(key)?.state == .deleted)
            _ = try await service.undelete(key)
            #expect(try await resolver.resolve(key)?.state == .ready)
            let other = try TenantKey("other")
            #expect(try await resolver.resolve(other) == nil)
            var rename = TenantRows.Patch()
            rename.key = other
            _ = try await service.patch(key, rename)
            #expect(try await resolver.resolve(key) == nil)
            #expect(try await resolver.resolve(other)?.tenant == row.id)
            try await service.purge(other)
            #expect(try await resolver.resolve(other) == nil)
        }
    }

    /// Runs as a request under a key does, after an earlier run of it was cut off.
    private func again(
        _ seed: UInt64, isRepetition: Bool = true, _ body: () async throws -> TenantRow
    ) async throws -> (row: TenantRow, scope: OnceScope) {
        let scope = OnceScope(seed: OperationID(high: seed, low: 9), isRepetition: isRepetition)
        return (try await OnceScope.$current.withValue(scope) { try await body() }, scope)
    }

    @Test func `a repetition goes on from the row as it is now`() async throws {
        try await run { house, service, _ in
            func create(_ key: String, _ seed: UInt64) async throws -> TenantRow {
                let new = NewTenant(key: try TenantKey(key))
                return try await again(seed) { try await service.create(new) }.row
            }
            /// What an earlier run has left: the row, owned by `node`.
            func begun(_ key: String, _ seed: UInt64, on node: NodeID) async throws -> TenantRow {
                try await again(seed, isRepetition: false) {
                    try await house.creating(key, on: node.name)
                }.row
            }
            let now = SystemTime().wall()
            let other = NodeID("n2")!
            // Taken back: it is made anew, and there is no file without a row.
            let taken = try await begun("taken", 1, on: NodeHouse.id)
            #expect(try await service.rows.abandon(taken, at: now))
            let made = try await create("taken", 1)
            #expect(made.state == .ready && made.id != taken.id && house.engine.facts(of: taken.id) == nil)
            #expect(try await create("taken", 1).id == made.id)
            // Given to another node, and made there.
            let given = try await begun("given", 2, on: other)
            _ = try await service.rows.reassign(given, to: NodeHouse.id, at: now)
            let here = try await create("given", 2)
            #expect(here.id == given.id && here.state == .ready && here.placement.epoch == Epoch(2))
            #expect(house.engine.facts(of: given.id)?.epoch == Epoch(2))
            // Ready and moved away since: answered, and no empty file is made where it was.
            let moved = try await begun("moved", 3, on: NodeHouse.id)
            _ = try await service.rows.reassign(moved, to: other, at: now)
            _ = try await service.rows.markReady(moved.id, by: other, epoch: Epoch(2), at: now)
            let there = try await create("moved", 3)
            #expect(there.id == moved.id && there.placement.owner == other)
            #expect(house.engine.facts(of: moved.id) == nil)
            // An owner that acts on an old row leaves no file.
            await #expect(throws: ResidentsError.self) { _ = try await house.residents.finishCreating(moved) }
            #expect(house.engine.facts(of: moved.id) == nil)
            await #expect(throws: ResidentsError.self) { _ = try await house.residents.finishCreating(taken) }
            #expect(house.engine.facts(of: taken.id) == nil)
        }
    }

    private static func code(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch {
            return ErrorTable.api(any: error).code
        }
    }
}
