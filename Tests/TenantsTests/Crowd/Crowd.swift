import Foundation
import Journal
import SQLiteKit
import Seams
import Simulator
import Synchronization
import Vocabulary

@testable import Tenants

/// Everybody who uses the node at once, and what they are told.
///
/// Each tenant holds accounts that form a ring, a list of writings and a version that a trigger counts. A transaction
/// turns the order of two accounts round and moves money between them, in three requests, so that everything in between
/// is wrong to see.
final class Crowd: Sendable {
    let house: CrowdHouse
    let ledger: CrowdLedger
    let counts: CrowdCounts
    let leaks: CrowdLeaks
    let watch: CrowdWatch
    let tenants: [TenantID]
    /// Everybody goes home.
    let isOver = CrowdFlag()
    var engine: TenantEngine { house.engine }

    init(_ house: CrowdHouse, _ ledger: CrowdLedger, _ counts: CrowdCounts, _ watch: CrowdWatch, _ leaks: CrowdLeaks) {
        self.house = house
        self.ledger = ledger
        self.counts = counts
        self.watch = watch
        self.leaks = leaks
        tenants = (0..<8).map { TenantID(5_000 + $0 * 3) }
        leaks.watch(house.engine, "the engine")
        leaks.watch(house.engine.journal, "the journal")
    }

    private static let schema = """
        PRAGMA auto_vacuum=incremental;
        CREATE TABLE account(id INTEGER PRIMARY KEY, next INTEGER NOT NULL, balance INTEGER NOT NULL, pad BLOB);
        CREATE TABLE list(n INTEGER PRIMARY KEY);
        CREATE TABLE version(one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL);
        CREATE TRIGGER counted AFTER INSERT ON list BEGIN UPDATE version SET count = count + 1; END;
        INSERT INTO version VALUES (1, 0);
        WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < \(CrowdSight.accounts))
        INSERT INTO account SELECT i, (i + 1) % \(CrowdSight.accounts), \(CrowdSight.balance), randomblob(600) FROM c;
        """

    func template() throws -> Template { try engine.templates.make(sql: Self.schema) }

    func prepare() async throws {
        let template = try template()
        for id in tenants { try await engine.create(id, template: template, epoch: .first) }
    }

    // MARK: Who is there

    func run(seconds: Double) async {
        let end = Date().addingTimeInterval(seconds)
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<6 { group.addTask { await self.loop(index, end) { await self.write($0, $1) } } }
            for index in 6..<9 { group.addTask { await self.loop(index, end) { await self.read($0, $1) } } }
            for index in 9..<11 { group.addTask { await self.loop(index, end) { await self.snapshot($0, $1) } } }
            for index in 11..<12 { group.addTask { await self.loop(index, end) { await self.readSlowly($0, $1) } } }
            for index in 12..<18 { group.addTask { await self.loop(index, end) { await self.transact($0, $1) } } }
            for index in 18..<20 { group.addTask { await self.loop(index, end) { await self.linger($0, $1) } } }
            for index in 20..<22 { group.addTask { await self.loop(index, end) { await self.keepOwn($0, $1) } } }
            group.addTask { await self.loop(22, end) { await self.hold($0, $1) } }
            group.addTask { await self.loop(23, end) { await self.compact($0, $1) } }
            group.addTask { await self.comeAndGo(until: end) }
            group.addTask { await self.observe(until: end) }
        }
    }

    /// Goes on until the time is over, or until the engine ends. Some tenants are asked for more than others.
    func loop(_ index: Int, _ end: Date, _ body: (TenantID, SeededRandom) async -> Void) async {
        let random = SeededRandom(seed: UInt64(index))
        while Date() < end, !isOver.isSet {
            await body(tenants[random.below(random.once(in: 2) ? 2 : tenants.count)], random)
        }
    }

    private func observe(until end: Date) async {
        var point = engine.journal.recoveryPoint
        while Date() < end {
            try? await Task.sleep(for: .milliseconds(10))
            leaks.measure()
            let now = engine.journal.recoveryPoint
            if now > point { counts.add(.settled) }
            point = now
        }
    }

    // MARK: The end

    /// Shuts the engine down while requests go on.
    func end() async throws {
        let end = Date().addingTimeInterval(60)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 30..<38 {
                group.addTask { await self.loop(index, end) { await self.write($0, $1) } }
                group.addTask { await self.loop(index + 10, end) { await self.transact($0, $1) } }
            }
            group.addTask { await self.loop(50, end) { await self.readSlowly($0, $1) } }
            group.addTask { await self.loop(51, end) { await self.snapshot($0, $1) } }
            group.addTask { await self.loop(52, end) { await self.compact($0, $1) } }
            group.addTask {
                try await Task.sleep(for: .milliseconds(50))
                await self.shutdown()
            }
            try await group.waitForAll()
        }
        if let error = house.hasFailed.withLock({ $0 }) { ledger.violate("the journal failed: \(error)") }
    }

    /// It blocks, and so needs a thread that nobody else waits for.
    private func shutdown() async {
        let request = watch.begin("shutdown")
        defer { watch.ended(request) }
        let ended: Result<Void, any Error> = await withCheckedContinuation { continuation in
            Thread.detachNewThread { [engine] in continuation.resume(returning: Result { try engine.shutdown() }) }
        }
        if case .failure(let error) = ended { ledger.violate("the end: \(error); \(engine.sketch)") }
    }

    /// After the end each file must be the whole tenant, as its rolling checksum has it.
    var wrongFiles: [String] {
        tenants.compactMap { id in
            guard let facts = engine.facts(of: id) else { return "nothing is known of tenant \(id)" }
            guard let found = try? FileChecksum.of(engine.layout.path(of: id, facts.generation), house.files) else {
                return "the file of tenant \(id) cannot be read"
            }
            let isRight = found.pageCount == facts.pageCount && found.checksum == facts.checksum
            return isRight ? nil : "the file of tenant \(id) is not what the facts say"
        }
    }

    /// Every acknowledged writing, and none that was taken back.
    func verify() async {
        for id in tenants {
            do {
                let (sight, numbers, integrity) = try await engine.perform(on: id) { database in
                    let stream = database.temporaryStream(principal: 1)
                    defer { database.close(stream) }
                    let session = database.session(on: stream, rights: .read, deadline: .distantFuture)
                    let sight = try self.look(session)
                    return try database.own { connection throws(SQLiteError) in
                        var numbers: Set<Int64> = []
                        let list = try connection.prepare("SELECT n FROM list")
                        while try list.step() { numbers.insert(list.integer(0)) }
                        let check = try connection.prepare("PRAGMA integrity_check")
                        return (sight, numbers, try check.step() ? check.string(0) : "")
                    }
                }
                ledger.saw(sight, in: id, since: ledger.floor(of: id))
                ledger.verify(numbers, version: sight.version, in: id)
                if integrity != "ok" { ledger.violate("tenant \(id): \(integrity)") }
            } catch {
                ledger.violate("tenant \(id): \(error)")
            }
        }
    }
}
