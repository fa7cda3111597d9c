import Access
import AsyncHTTPClient
import Catalog
import CatalogDrivers
import Cluster
import Seams
import Testing
import Vocabulary

/// Another node's catalog: the same as the one here, but for answers that get lost.
@Suite(.timeLimit(.minutes(2)))
struct RemoteCatalogTests {
    /// Answers as it is told, and counts.
    private final class FakeTransport: PeerTransport {
        let calls = Tally()
        private let answer: Result<PeerAnswer, PeerFailure>
        init(_ answer: Result<PeerAnswer, PeerFailure>) { self.answer = answer }
        func call(
            _ address: String, method: String, path: String, body: [UInt8], timeout: Duration
        ) async throws(PeerFailure) -> PeerAnswer {
            calls.add()
            #expect(path == InternalPaths.catalog)
            return try answer.get()
        }
    }

    private static let read = CatalogTransaction(.read, [CatalogStatement("SELECT 1", [], expect: .any)])
    private static let write = CatalogTransaction(
        .write(CatalogOperation(id: OperationID(high: 1, low: 2), at: WallTime(milliseconds: 0))), read.statements)

    private enum Kind { case unavailable, unknown }

    private func outcome(_ transport: FakeTransport, _ transaction: CatalogTransaction) async -> Kind? {
        do throws(CatalogError) {
            _ = try await RemoteCatalog(transport: transport, address: "x").run(transaction)
            return nil
        } catch {
            switch error {
            case .unavailable: return .unavailable
            case .outcomeUnknown: return .unknown
            default: return nil
            }
        }
    }

    @Test func `only what certainly changed nothing is unavailable`() async {
        let certain: [PeerFailure] = [
            .unreachable("x"), .refused(status: 404, code: "not_found", message: ""),
            .refused(status: 503, code: "recovering", message: ""), .refused(status: 413, code: "", message: ""),
        ]
        let uncertain: [PeerFailure] = [
            .outcomeUnknown("x"), .tooLarge(limit: 1), .refused(status: 500, code: "", message: ""),
            .refused(status: 504, code: "", message: ""),
        ]
        for failure in certain {
            #expect(await outcome(FakeTransport(.failure(failure)), Self.write) == .unavailable, "\(failure)")
            #expect(await outcome(FakeTransport(.failure(failure)), Self.read) == .unavailable, "\(failure)")
        }
        for failure in uncertain {
            #expect(await outcome(FakeTransport(.failure(failure)), Self.write) == .unknown, "\(failure)")
            #expect(await outcome(FakeTransport(.failure(failure)), Self.read) == .unavailable, "\(failure)")
        }
        let nonsense = FakeTransport(.success(PeerAnswer(status: 200, body: [1, 2, 3])))
        #expect(await outcome(nonsense, Self.write) == .unknown)
    }

    @Test func `a write is sent once, a read whose answer was lost twice`() async {
        let lost = FakeTransport(.failure(.outcomeUnknown("x")))
        _ = await outcome(lost, Self.write)
        #expect(lost.calls.count == 1)
        _ = await outcome(lost, Self.read)
        #expect(lost.calls.count == 3)
        let refused = FakeTransport(.failure(.unreachable("x")))
        _ = await outcome(refused, Self.read)
        #expect(refused.calls.count == 1)
    }

    private static func remote(
        _ address: String, _ world: RelayWorld, key: ClusterKey = RelayWorld.clusterKey
    ) -> (RemoteCatalog, CatalogStore) {
        let remote = RemoteCatalog(transport: world.peers(key), address: address)
        return (remote, CatalogStore(driver: remote, random: SystemRandom(), sleep: { _ in }))
    }

    @Test func `what is written from afar is there, and guards hold`() async throws {
        try await NodeHouse.serve { house, door, world in
            let (remote, store) = Self.remote(door.address, world)
            try await CatalogSchema.verify(remote)
            let new = NewTenant(key: try TenantKey("acme"))
            let made = try await TenantRows(store).create(new, on: NodeHouse.id, at: SystemTime().wall())
            guard case .created(let row) = made else {
                Issue.record("\(made)")
                return
            }
            #expect(try await TenantRows(house.store).find(row.key) == row)
            #expect(try await TenantRows(store).find(row.key) == row)
            let again = try await TenantRows(store).create(new, on: NodeHouse.id, at: SystemTime().wall())
            #expect(again == .exists(row))
        }
    }

    @Test func `answers that get lost: each write happens once`() async throws {
        try await NodeHouse.serve { house, door, world in
            try await LossyProxy.open(to: door.port, losing: 2, group: world.group) { proxy in
                let (_, store) = Self.remote(proxy.address, world)
                let new = NewTenant(key: try TenantKey("acme"))
                let made = try await TenantRows(store).create(new, on: NodeHouse.id, at: SystemTime().wall())
                // Not `exists`: the repetition is given what the first copy, whose answer was lost, has done.
                guard case .created(let row) = made else {
                    Issue.record("\(made)")
                    return
                }
                #expect(proxy.lost.count == 2)
                #expect(try await TenantRows(house.store).list(prefix: "", after: nil, limit: 10) == [row])
            }
            try await LossyProxy.open(to: door.port, losing: 1, group: world.group) { proxy in
                let (_, store) = Self.remote(proxy.address, world)
                let found = try await TenantRows(store).find(try TenantKey("acme"))
                #expect(found != nil)
                #expect(proxy.lost.count == 1)
            }
            // More than the budget: unknown, and truly so.
            try await LossyProxy.open(to: door.port, losing: 100, group: world.group) { proxy in
                let (_, store) = Self.remote(proxy.address, world)
                await #expect(throws: CatalogError.self) {
                    try await TenantRows(store).create(
                        NewTenant(key: try TenantKey("other")), on: NodeHouse.id, at: SystemTime().wall())
                }
                let found = try await TenantRows(house.store).find(try TenantKey("other"))
                #expect(found != nil)
            }
        }
    }

    @Test func `nobody there, another key, and changes of tables from afar`() async throws {
        try await NodeHouse.serve { house, door, world in
            let dead = try await RawPeer.deadPort(group: world.group)
            let (none, _) = Self.remote("http://127.0.0.1:\(dead)", world)
            await #expect(throws: CatalogError.unavailable("the node cannot be reached: nobody listens there")) {
                try await none.run(Self.write)
            }
            let key = try ClusterKey(Array("another key, that nobody here knows".utf8))
            let (stranger, _) = Self.remote(door.address, world, key: key)
            do {
                _ = try await stranger.run(Self.read)
                Issue.record("a stranger was answered")
            } catch CatalogError.unavailable(let why) {
                #expect(why.contains("cluster key"))
            }
            let (remote, _) = Self.remote(door.address, world)
            await #expect(throws: CatalogError.refused("only the node that holds the catalog changes its tables")) {
                try await remote.run(CatalogTransaction(.schema, Self.read.statements))
            }
            try await CatalogSchema.verify(house.catalog)
        }
    }

    @Test func `a catalog that was begun anew is not taken for the one before`() async throws {
        try await NodeHouse.serve { house, door, world in
            let (remote, _) = Self.remote(door.address, world)
            let results = try await remote.only(NodeHouse.catalogIdentity).run(Self.read)
            #expect(results.count == 1)
            let other = Identity(high: 1, low: 3)
            for transaction in [Self.read, Self.write] {
                await #expect(throws: CatalogError.otherCatalog(known: other)) {
                    try await remote.only(other).run(transaction)
                }
            }
        }
    }
}
