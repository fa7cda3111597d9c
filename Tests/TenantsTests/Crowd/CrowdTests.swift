import CSQLite
import Foundation
import Journal
import SQLiteKit
import Seams
import Simulator
import Synchronization
import Testing
import Vocabulary

@testable import Tenants

/// Readers, interactive transactions, writers, checkpoints, eviction, a full journal and the end, all at once and on tiny
/// bounds. Isolation is checked with a ring: each tenant holds numbered nodes that form one cycle, every write swaps two
/// edges inside one transaction, and every read walks the ring and must come home after all nodes.
@Suite(.serialized) struct CrowdTests {
    static let seconds = CrashTests.sweep > 0 ? CrashTests.sweep : 3

    @Test(.timeLimit(.minutes(10))) func `a crowd on tiny bounds sees rings and nothing else, and leaves nothing`()
        async throws
    {
        let house = SimulatedHouse(seed: 1)
        house.adjust = { settings, options in
            settings.openTenants = 3
            settings.descriptors = 4
            settings.tenantQueue = 4
            settings.nodeQueue = 24
            settings.slowStatements = 2
            settings.streamsPerTenant = 3
            settings.checkpointLogBytes = 32 << 10
            settings.logPerTenant = 1 << 20
            settings.logPerNode = 2 << 20
            settings.transactionWait = 20_000_000
            settings.transactionIdle = 30_000_000
            settings.streamIdle = 60_000_000
            settings.journalHoldback = 50_000_000
            options.segmentBytes = 128 << 10
            options.journalBytes = 6 * (128 << 10)
            options.transactionBytes = 64 << 10
            options.bufferBytes = 128 << 10
            options.partBytes = 16 << 10
            options.flushBytes = 32 << 10
            settings.transactionBytes = 64 << 10
        }
        try house.start()
        let engine = house.engine!
        let before = Self.threads()
        let crowd = Crowd(engine, tenants: 8)
        try await crowd.prepare(house)
        await crowd.run(seconds: Self.seconds)
        // The end comes while they are at it.
        try await crowd.end(house)
        #expect(crowd.violations == [])
        #expect(Inspection.leftovers(of: engine) == [])
        #expect(Self.threads() < before, "threads are left")
        crowd.expectVariety()
        // And what was said is there.
        try house.start()
        await crowd.verify(house.engine)
        #expect(crowd.violations == [])
        try house.engine.shutdown()
    }

    static func threads() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
    }
}

/// Everybody who uses the node at once.
final class Crowd: Sendable {
    static let nodes: Int64 = 12
    private struct Counts {
        var writes = 0, reads = 0, slow = 0, aside = 0, commits = 0, timeouts = 0, busy = 0, expired = 0, waits = 0
    }

    private let engine: TenantEngine
    private let ids: [TenantID]
    private let counts = Mutex(Counts())
    private let wrong = Mutex<[String]>([])
    /// Writes that were acknowledged, by tenant; each adds one row to its list.
    private let acknowledged = Mutex<[TenantID: Set<Int64>]>([:])
    private let serial = Atomic<Int64>(0)
    private let isOver = Atomic<Bool>(false)

    init(_ engine: TenantEngine, tenants: Int) {
        self.engine = engine
        ids = (0..<tenants).map { TenantID(5_000 + UInt64($0) * 3) }
    }

    var violations: [String] { wrong.withLock { $0 } }
    private func violate(_ what: String) { wrong.withLock { if $0.count < 20 { $0.append(what) } } }

    func prepare(_ house: SimulatedHouse) async throws {
        let template = try house.template(
            """
            PRAGMA auto_vacuum=incremental;
            CREATE TABLE ring(id INTEGER PRIMARY KEY, next INTEGER NOT NULL, pad BLOB);
            CREATE TABLE list(n INTEGER PRIMARY KEY);
            WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < \(Self.nodes))
            INSERT INTO ring SELECT i, (i + 1) % \(Self.nodes), randomblob(600) FROM c;
            """)
        for id in ids { try await engine.create(id, template: template, epoch: .first) }
    }

    func run(seconds: Double) async {
        let end = Date().addingTimeInterval(seconds)
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<6 { group.addTask { await self.loop(index, end) { await self.write($0, $1) } } }
            for index in 6..<10 { group.addTask { await self.loop(index, end) { await self.read($0, $1) } } }
            for index in 18..<20 { group.addTask { await self.loop(index, end) { await self.ponder($0, $1) } } }
            for index in 10..<16 { group.addTask { await self.loop(index, end) { await self.transact($0, $1) } } }
            for index in 16..<18 { group.addTask { await self.loop(index, end) { await self.linger($0, $1) } } }
            group.addTask { await self.watch(group: end) }
        }
    }

    /// Goes on until the time is over, or until the engine ends.
    private func loop(_ index: Int, _ end: Date, _ body: (TenantID, SeededRandom) async -> Void) async {
        let random = SeededRandom(seed: UInt64(index))
        while Date() < end, !isOver.load(ordering: .relaxed) { await body(ids[random.below(ids.count)], random) }
    }

    /// Fails where nothing has moved for long: a deadlock.
    private func watch(group end: Date) async {
        var last = -1
        var still = 0
        while Date() < end {
            try? await Task.sleep(for: .milliseconds(200))
            let now = counts.withLock { $0.writes + $0.reads + $0.commits + $0.busy + $0.timeouts }
            still = now == last ? still + 1 : 0
            last = now
            if still > 50 { fatalError("nothing has moved for ten seconds: \(counts.withLock { "\($0)" })") }
        }
    }

    // MARK: What they do

    private func write(_ id: TenantID, _ random: SeededRandom) async {
        let n = serial.add(1, ordering: .relaxed).newValue
        let done = Flag()
        let work = TestWork(onRelease: { [self] in
            guard done.isSet else { return }
            acknowledged.withLock { _ = $0[id, default: []].insert(n) }
            counts.withLock { $0.writes += 1 }
        }) { [self] database in
            run(on: database, done) { helper, session throws(SQLFailure) in
                try helper.execute("INSERT INTO list VALUES (?1)", [.integer(n)], session)
            }
        }
        engine.submit(work, to: id)
        note(await work.ended())
    }

    private func read(_ id: TenantID, _ random: SeededRandom) async {
        let work = TestWork(onRelease: { [self] in counts.withLock { $0.reads += 1 } }) { [self] database in
            run(on: database, Flag(), rights: .read) { _, session throws(SQLFailure) in
                try self.walk(session, id)
            }
        }
        engine.submit(work, to: id)
        note(await work.ended())
    }

    /// A read that takes its time, long enough to run aside most of the time.
    private func ponder(_ id: TenantID, _ random: SeededRandom) async {
        let rights: Rights = random.once(in: 2) ? .read : .write
        let done = Flag()
        let work = TestWork(onDatabase: { [self] database in
            run(on: database, done, rights: rights) { _, session throws(SQLFailure) in
                try self.walk(session, id, burning: 3_000)
                counts.withLock { $0.slow += 1 }
            }
        })
        engine.submit(work, to: id)
        if engine.load.readersAside > 0 { counts.withLock { $0.aside += 1 } }
        note(await work.ended())
    }

    /// BEGIN, swap two edges, look around, COMMIT: each in a request of its own, with pauses.
    private func transact(_ id: TenantID, _ random: SeededRandom) async {
        let stream = CrowdStream()
        let (a, b) = (Int64(random.below(Int(Self.nodes))), Int64(random.below(Int(Self.nodes))))
        let n = serial.add(1, ordering: .relaxed).newValue
        let isDeferred = random.once(in: 3)
        for step in Step.allCases {
            let isAnswered = await request(id, stream) { [self] helper, session throws(SQLFailure) in
                try take(step, a, b, n, isDeferred: isDeferred, helper, session)
            }
            guard isAnswered else { return }
            if random.once(in: 4) { try? await Task.sleep(for: .milliseconds(random.below(8))) }
        }
        let isCommit = !random.once(in: 4)
        let ended = await request(id, stream) { helper, session throws(SQLFailure) in
            try helper.execute(isCommit ? "COMMIT" : "ROLLBACK", [], session)
        }
        guard ended else { return }
        counts.withLock { $0.commits += 1 }
        if isCommit { acknowledged.withLock { _ = $0[id, default: []].insert(n) } }
    }

    private enum Step: CaseIterable { case begin, look, cross, restore }

    /// a → x … b → y becomes a → y … b → x, two cycles, and then one again.
    private func take(
        _ step: Step, _ a: Int64, _ b: Int64, _ n: Int64, isDeferred: Bool, _ helper: Session, _ session: SQLSession
    ) throws(SQLFailure) {
        switch step {
        case .begin: try helper.execute(isDeferred ? "BEGIN" : "BEGIN IMMEDIATE", [], session)
        case .look: try walk(session, helper.model.id, burning: isDeferred ? 1_000 : 0)
        case .cross: try swap(a, b, helper, session)
        case .restore:
            try swap(a, b, helper, session)
            try helper.execute("INSERT INTO list VALUES (?1)", [.integer(n)], session)
        }
    }

    private func swap(_ a: Int64, _ b: Int64, _ helper: Session, _ session: SQLSession) throws(SQLFailure) {
        let next = try edges(session)
        guard let fromA = next[a], let fromB = next[b] else { return }
        let update = "UPDATE ring SET next = ?2, pad = randomblob(700) WHERE id = ?1"
        try helper.execute(update, [.integer(a), .integer(fromB)], session)
        try helper.execute(update, [.integer(b), .integer(fromA)], session)
    }

    /// Begins and goes away, in the middle of writing or with an old snapshot.
    private func linger(_ id: TenantID, _ random: SeededRandom) async {
        let stream = CrowdStream()
        let isWriter = random.once(in: 2)
        _ = await request(id, stream) { [self] helper, session throws(SQLFailure) in
            try helper.execute(isWriter ? "BEGIN IMMEDIATE" : "BEGIN", [], session)
            if isWriter {
                try helper.execute("UPDATE ring SET next = 0, pad = zeroblob(3000)", [], session)
            } else {
                try walk(session, id)
            }
        }
        try? await Task.sleep(for: .milliseconds(random.below(60)))
        counts.withLock { $0.expired += 1 }
    }

    // MARK: Requests

    /// - Returns: whether the request was answered with success.
    private func request(
        _ id: TenantID, _ stream: CrowdStream,
        _ body: @escaping @Sendable (Session, SQLSession) throws(SQLFailure) -> Void
    ) async -> Bool {
        let done = Flag()
        let run: @Sendable (TenantDatabase, Bool) -> WorkOutcome = { [self] database, mayWait in
            guard let taken = stream.take(database) else { return .done(after: database.newestLSN) }
            let session = database.session(on: taken, rights: .write, deadline: .distantFuture)
            do throws(SQLFailure) {
                try body(Session(database, ModelTenant(id)), session)
                done.set()
            } catch  where error == .writerBusy && mayWait {
                counts.withLock { $0.waits += 1 }
                return .waitForWriter
            } catch {
                if error != .writerBusy { expect(error) }
                database.close(taken)
                stream.end()
                return .done(after: database.newestLSN)
            }
            stream.leave(database)
            return .done(after: database.newestLSN)
        }
        let work = TestWork(onDatabase: { run($0, true) }, atLast: { run($0, false) })
        engine.submit(work, to: id)
        let ending = await work.ended()
        note(ending)
        guard case .released = ending else { return false }
        return done.isSet
    }

    private func run(
        on database: TenantDatabase, _ done: Flag, rights: Rights = .write,
        _ body: (Session, SQLSession) throws(SQLFailure) -> Void
    ) -> WorkOutcome {
        let stream = database.temporaryStream(principal: 1)
        defer { database.close(stream) }
        let session = database.session(on: stream, rights: rights, deadline: .distantFuture)
        do throws(SQLFailure) {
            try body(Session(database, ModelTenant(database.tenant)), session)
            done.set()
        } catch .writerBusy {
            counts.withLock { $0.waits += 1 }
            return .waitForWriter
        } catch {
            expect(error)
        }
        return .done(after: database.newestLSN)
    }

    private func note(_ ending: TestWork.Ending) {
        guard case .refused(let error) = ending else { return }
        switch error {
        case .busy: counts.withLock { $0.busy += 1 }
        case .shuttingDown: isOver.store(true, ordering: .relaxed)
        default: violate("\(error)")
        }
    }

    private func expect(_ error: SQLFailure) {
        switch error {
        case .busy, .overloaded, .readExpired, .recalled: counts.withLock { $0.busy += 1 }
        case .transactionTimedOut: counts.withLock { $0.timeouts += 1 }
        case .sqlite(let error) where error.code == SQLITE_BUSY: counts.withLock { $0.busy += 1 }
        default: violate("\(error)")
        }
    }

    private func edges(_ session: SQLSession, burning steps: Int = 0) throws(SQLFailure) -> [Int64: Int64] {
        let burn = steps == 0 ? "0" : "(SELECT max(i) FROM \(SQLWork.numbers(upTo: steps)) WHERE i <> id)"
        let running = try session.start("SELECT id, next, \(burn) FROM ring")
        var next: [Int64: Int64] = [:]
        do throws(SQLFailure) {
            while try running.step() { next[running.statement.integer(0)] = running.statement.integer(1) }
        } catch {
            _ = running.finish()
            throw error
        }
        _ = running.finish()
        return next
    }

    /// The ring must come home after all of its nodes, in one snapshot.
    private func walk(_ session: SQLSession, _ id: TenantID, burning steps: Int = 0) throws(SQLFailure) {
        let next = try edges(session, burning: steps)
        var place: Int64 = 0
        for step in 1...Self.nodes {
            place = next[place] ?? -1
            if place == 0, step != Self.nodes { return violate("tenant \(id): the ring came home after \(step) steps") }
        }
        if place != 0 { violate("tenant \(id): the ring is broken") }
    }

    // MARK: The end

    /// Shuts the engine down while requests go on.
    func end(_ house: SimulatedHouse) async throws {
        let end = Date().addingTimeInterval(10)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 20..<28 {
                group.addTask { await self.loop(index, end) { await self.write($0, $1) } }
                group.addTask { await self.loop(index + 20, end) { await self.transact($0, $1) } }
            }
            group.addTask {
                try await Task.sleep(for: .milliseconds(50))
                try house.engine.shutdown()
            }
            try await group.waitForAll()
        }
    }

    /// Every acknowledged write, and nobody's half one.
    func verify(_ engine: TenantEngine) async {
        for id in ids {
            let said = acknowledged.withLock { $0[id] ?? [] }
            do {
                let found = try await engine.perform(on: id) { [self] database in
                    let stream = database.temporaryStream(principal: 1)
                    defer { database.close(stream) }
                    try walk(database.session(on: stream, rights: .read, deadline: .distantFuture), id)
                    return try database.own { connection throws(SQLiteError) in
                        var rows: Set<Int64> = []
                        let select = try connection.prepare("SELECT n FROM list")
                        while try select.step() { rows.insert(select.integer(0)) }
                        return rows
                    }
                }
                if !said.isSubset(of: found) {
                    violate("tenant \(id): \(said.subtracting(found).count) writes are missing")
                }
            } catch {
                violate("tenant \(id): \(error)")
            }
        }
    }

    /// The test must have tested something.
    func expectVariety() {
        let counts = counts.withLock { $0 }
        print("crowd: \(counts)")
        #expect(counts.writes > 50 && counts.reads > 50 && counts.commits > 5 && counts.busy > 0 && counts.waits > 0)
        #expect(counts.slow > 5 && counts.aside > 0)
    }
}

/// A stream as a client holds it: by its ticket.
final class CrowdStream: @unchecked Sendable {
    // @unchecked: used by one request after the other, on the tenant's thread.
    private var ticket: StreamTicket?
    private var stream: TenantStream?
    private var hasEnded = false

    func take(_ database: TenantDatabase) -> TenantStream? {
        if hasEnded { return nil }
        if let stream { return stream }
        stream = ticket.map { try? database.resumeStream($0) } ?? (try? database.openStream(principal: 3))
        if stream == nil { hasEnded = true }
        return stream
    }

    func end() {
        stream = nil
        hasEnded = true
    }

    func leave(_ database: TenantDatabase) {
        guard let stream else { return }
        stream.sequence += 1
        ticket = StreamTicket(stream: stream.id, sequence: stream.sequence, principal: 3, isClean: stream.isClean)
        database.leave(stream)
        if stream.isClean { database.close(stream) }
        self.stream = nil
    }
}

/// Set once, read by another thread.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}
