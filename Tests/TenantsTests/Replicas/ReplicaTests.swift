import Foundation
import SQLiteKit
import Seams
import Simulator
import Synchronization
import Testing
import Vocabulary

@testable import Tenants

/// Replicas of a real tenant in a real folder, with the client's part played by a model of it.
@Suite(.serialized) struct ReplicaTests {
    /// As the catalog gives them.
    private final class Numbers: Sendable {
        private let last = Atomic<UInt32>(64)
        let given = Atomic<Int>(0)
        func next() -> UInt32 {
            given.add(1, ordering: .relaxed)
            return last.add(2, ordering: .relaxed).newValue
        }
    }

    private let numbers = Numbers()

    private func call(_ tenant: TenantID) -> ReplicaCall {
        ReplicaCall(tenant: tenant, deadline: SystemTime().monotonic().advanced(byNanoseconds: 60_000_000_000)) {
            [numbers] in numbers.next()
        }
    }

    /// The replica is the tenant as of its newest commit, page for page; what is free in these a copy overwrites with zeros.
    private func expectSame(_ replica: ModelReplica, _ house: House, _ tenant: TenantID) async throws {
        guard case .made(let copy) = try await house.engine.snapshot(tenant, deadline: call(tenant).deadline) else {
            Issue.record("no copy")
            return
        }
        let source = ReplicaSource(snapshot: copy)
        #expect(replica.bookmark == source.bookmark)
        #expect(replica.pages.count == Int(source.pageCount))
        for number in 1...source.pageCount {
            let isSame = zip(try source.pages(1, from: number), replica.pages[Int(number) - 1]).allSatisfy {
                $0 == $1 || $0 == 0
            }
            #expect(isSame, "page \(number) differs")
            if !isSame { return }
        }
    }

    @Test func `A replica takes what has changed, and nothing twice`() async throws {
        let house = try House()
        let tenant = try await house.create(1_000)
        for _ in 0..<20 { try await house.run("INSERT INTO t(v) VALUES (hex(randomblob(2000)))", on: tenant) }
        var replica = ModelReplica()
        try await replica.sync(house.engine, call(tenant))
        #expect(replica.taken == 0, "the first state has it all")
        try await expectSame(replica, house, tenant)
        try await house.run("UPDATE t SET v = 'x' WHERE id = 3", on: tenant)
        try await replica.sync(house.engine, call(tenant))
        #expect((1...4).contains(replica.taken), "\(replica.taken)")
        try await expectSame(replica, house, tenant)
        let taken = replica.taken
        try await replica.sync(house.engine, call(tenant))
        #expect(replica.taken == taken && numbers.given.load(ordering: .relaxed) == 1)
        try house.stop()
    }

    @Test func `A restart, and a crash, cost replicas nothing`() async throws {
        let house = try House()
        let tenant = try await house.create(1_000)
        var replica = ModelReplica()
        try await replica.sync(house.engine, call(tenant))
        for round in 0..<4 {
            try await house.run("INSERT INTO t(v) VALUES ('before \(round)')", on: tenant)
            try await replica.sync(house.engine, call(tenant))
            try await house.run("INSERT INTO t(v) VALUES ('after \(round)')", on: tenant)
            if round % 2 == 0 { try house.restart() } else { try house.crash() }
            try await replica.sync(house.engine, call(tenant))
            try await expectSame(replica, house, tenant)
        }
        #expect(numbers.given.load(ordering: .relaxed) == 1)
        try house.stop()
    }

    @Test func `Keys under which answers are kept are not among a replica's pages`() async throws {
        let house = try House()
        let tenant = try await house.create(1_000)
        try await house.run(
            "CREATE TABLE \(IdempotencyTable.name)(k, v); INSERT INTO \(IdempotencyTable.name) VALUES ('secret', 'kept')",
            on: tenant)
        var replica = ModelReplica()
        try await replica.sync(house.engine, call(tenant))
        try await house.run(
            "INSERT INTO t(v) VALUES (1); INSERT INTO \(IdempotencyTable.name) VALUES ('secret', 'kept')", on: tenant)
        try await replica.sync(house.engine, call(tenant))
        try await expectSame(replica, house, tenant)
        let all = Data(replica.pages.joined())
        #expect(all.range(of: Data("secret".utf8)) == nil && all.range(of: Data("kept".utf8)) == nil)
        try house.stop()
    }

    @Test func `A log that does not prove itself is not believed`() async throws {
        for damage in ["base", "frames"] {
            let house = try House()
            let tenant = try await house.create(1_000)
            var replica = ModelReplica()
            try await replica.sync(house.engine, call(tenant))
            try await house.run("INSERT INTO t(v) VALUES (1)", on: tenant)
            try await replica.sync(house.engine, call(tenant))
            let folder = house.engine.replicas.folder
            let path =
                damage == "base" ? folder.base(tenant, replica.generation) : folder.frames(tenant, replica.generation)
            try house.stop()
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            bytes[damage == "base" ? 2_000 : 3_000] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
            try house.startAgain()
            let before = replica.generation
            try await replica.sync(house.engine, call(tenant))
            #expect(replica.generation > before, "it begins anew, and takes the replica along")
            try await expectSame(replica, house, tenant)
            try house.stop()
        }
    }

    @Test func `Numbers that were not given do not come to be while somebody asks for them`() async throws {
        let house = try House()
        let tenant = try await house.create(1_000)
        let generation = try await house.engine.replicaGeneration(call(tenant))
        try await house.run("INSERT INTO t(v) VALUES (1)", on: tenant)
        for from in [2, 3, 4, 5] as [UInt32] {
            let position = ReplicaPosition(generation: generation, from: from, to: from + 128)
            guard case .startAgain = try await house.engine.replicaPull(position, call(tenant)) else {
                Issue.record("frame \(from) was never given")
                continue
            }
        }
        try house.stop()
    }

    @Test func `What nobody asks for is closed, then removed, and begins anew`() async throws {
        let time = ManualTime()
        let house = try House(time: time) { settings, _ in settings.replicaKeep = 3_600_000_000_000 }
        let tenant = try await house.create(1_000)
        let call = ReplicaCall(tenant: tenant, deadline: .distantFuture) { [numbers] in numbers.next() }
        var replica = ModelReplica()
        try await replica.sync(house.engine, call)
        #expect(house.engine.replicas.usage.count == 1)
        time.advance(nanoseconds: 3_601_000_000_000)
        await house.engine.replicas.sweep()
        #expect(house.engine.replicas.usage.count == 0 && house.engine.replicas.usage.bytes == 0)
        try await house.run("INSERT INTO t(v) VALUES (1)", on: tenant)
        try await replica.sync(house.engine, call)
        #expect(replica.generation == 68 && replica.pages.count > 1)
        try await house.engine.drop(tenant)
        await house.engine.replicas.sweep()
        let left = FileManager.default.enumerator(atPath: house.engine.replicas.folder.root)?.compactMap { "\($0)" }
        #expect(left?.filter { $0.contains(".") } == [])
        try house.stop()
    }

    @Test func `Where the disk is full histories make way, and replicas get the tenant once more`() async throws {
        let house = try House()
        let tenant = try await house.create(1_000)
        let desk = house.engine.replicas
        #expect(!desk.hasAny && !desk.letGo())
        var replica = ModelReplica()
        try await replica.sync(house.engine, call(tenant))
        try await house.run("INSERT INTO t(v) VALUES (1)", on: tenant)
        #expect(desk.hasAny && desk.letGo())
        #expect(!desk.hasAny && desk.usage.bytes == 0)
        try await replica.sync(house.engine, call(tenant))
        try await expectSame(replica, house, tenant)
        #expect(replica.generation == 68)
        try house.stop()
    }

    /// Commits, restarts, crashes, overflows, histories that are forgotten: whatever comes between, each replica is the tenant
    /// after each sync.
    @Test(arguments: [1, 2] as [UInt64])
    func `Replicas at different places are all the tenant in the end`(seed: UInt64) async throws {
        let random = SeededRandom(seed: seed)
        let house = try House { settings, _ in settings.replicaLogBytes = 100_000 }
        let tenant = try await house.create(1_000)
        var replicas = [ModelReplica](repeating: ModelReplica(), count: 3)
        for _ in 0..<40 {
            switch random.next() % 12 {
            case 0: try house.restart()
            case 1: try house.crash()
            case 2: #expect(try await house.engine.replicas.forgetIfFree(tenant))
            case 3: try await house.run("DELETE FROM t WHERE id % 3 = 0; PRAGMA incremental_vacuum", on: tenant)
            case 4: try await house.run("CREATE TABLE IF NOT EXISTS x\(random.next() % 4)(a)", on: tenant)
            case 5: try await house.run("DROP TABLE IF EXISTS x\(random.next() % 4)", on: tenant)
            case 6: try await house.run("DELETE FROM t", on: tenant)
            default:
                let size = random.next() % 9_000
                for _ in 0..<random.next() % 5 {
                    try await house.run("INSERT INTO t(v) VALUES (randomblob(\(size)))", on: tenant)
                }
            }
            let chosen = Int(random.next() % 5)
            guard chosen < replicas.count else { continue }
            try await replicas[chosen].sync(house.engine, call(tenant))
            try await expectSame(replicas[chosen], house, tenant)
        }
        for index in replicas.indices {
            try await replicas[index].sync(house.engine, call(tenant))
            try await expectSame(replicas[index], house, tenant)
        }
        #expect(numbers.given.load(ordering: .relaxed) > 1)
        try house.stop()
    }
}
