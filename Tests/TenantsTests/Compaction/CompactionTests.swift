import Foundation
import Journal
import SQLiteKit
import Seams
import Testing
import Vocabulary

@testable import Tenants

/// VACUUM, which the server does: a new file of a new generation, under whoever uses the tenant meanwhile.
@Suite(.serialized) struct CompactionTests {
    static let schema = """
        PRAGMA auto_vacuum=incremental; PRAGMA application_id=77; PRAGMA user_version=5;
        CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE INDEX tv ON t(v);
        """
    private static let rows = """
        INSERT INTO t(v) SELECT hex(randomblob(500)) FROM
            (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 600) SELECT i FROM c)
        """

    /// A tenant that is three quarters free pages.
    static func wasteful(_ adjust: @escaping (inout EngineSettings, inout JournalOptions) -> Void = { _, _ in })
        async throws -> (House, TenantID)
    {
        let house = try House(adjust)
        let tenant = try await house.create(1000, sql: schema)
        try await house.run(rows, on: tenant)
        try await house.run("DELETE FROM t WHERE id % 4 <> 0", on: tenant)
        return (house, tenant)
    }

    static func files(_ house: House) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: house.directory)
            .filter { $0.hasSuffix(".sqlite") && $0.contains("00000000000003e8") || $0.contains("compact") }
    }

    static let content = "SELECT count(*) || ':' || sum(id) || ':' || sum(length(v)) FROM t"

    @Test func `the tenant goes on in a smaller file of a new generation with the same content`() async throws {
        let (house, tenant) = try await Self.wasteful()
        let before = try await house.outcomes(of: [Self.content], on: tenant)
        let old = try #require(house.engine.facts(of: tenant))
        let pages = try await house.integer("PRAGMA page_count", on: tenant)
        #expect(await house.engine.vacuum(tenant)?.isSuccess == true)
        let now = try #require(house.engine.facts(of: tenant))
        #expect(now.generation > old.generation && now.pageCount < UInt32(pages) / 2)
        for _ in 0..<2 {
            #expect(try await house.outcomes(of: [Self.content], on: tenant) == before)
            #expect(
                try await house.outcomes(
                    of: [
                        "PRAGMA page_size", "PRAGMA auto_vacuum", "PRAGMA application_id", "PRAGMA user_version",
                        "PRAGMA freelist_count", "PRAGMA integrity_check", "PRAGMA journal_mode",
                    ], on: tenant)
                    == ["4096", "2", "77", "5", "0", "ok", "wal"].map { .row($0) })
            try await house.run("INSERT INTO t(v) VALUES ('after'); DELETE FROM t WHERE v = 'after'", on: tenant)
            try house.restart()
        }
        #expect(try Self.files(house).count == 1, "the old file is gone, and nothing lies about")
        let path = house.engine.layout.path(of: tenant, now.generation)
        try house.stop()
        #expect(try Shell.sqlite(path, "PRAGMA integrity_check") == "ok")
    }

    @Test func `streams keep what is theirs, and see the tenant as it is`() async throws {
        let (house, tenant) = try await Self.wasteful()
        let count = try await house.integer("SELECT count(*) FROM t", on: tenant)
        let streams = try await house.engine.perform(on: tenant) { database in
            let stream = try database.openStream(principal: 1)
            let caller = Caller(database, stream, .write)
            #expect(caller.run("CREATE TEMP TABLE mine AS SELECT max(id) AS m FROM t") == .row(""))
            #expect(caller.run("PRAGMA foreign_keys = 1") == .row(""))
            #expect(caller.run("SELECT count(*) FROM t") == .row("\(count)"))
            database.leave(stream)
            return StreamTicket(stream: stream.id, sequence: stream.sequence, principal: 1, isClean: false)
        }
        #expect(await house.engine.vacuum(tenant)?.isSuccess == true)
        try await house.write("INSERT INTO t(v) VALUES ('new')", on: tenant)
        let outcomes = try await house.engine.perform(on: tenant) { (database) -> [Caller.Outcome] in
            let stream = try database.resumeStream(streams)
            let caller = Caller(database, stream, .write)
            defer { database.close(stream) }
            return ["SELECT m FROM mine", "PRAGMA foreign_keys", "SELECT count(*) FROM t", "PRAGMA integrity_check"].map
            {
                caller.run($0)
            }
        }
        #expect(outcomes == [.row("600"), .row("1"), .row("\(count + 1)"), .row("ok")])
        try house.stop()
    }

    @Test func `it is refused inside a transaction and without the right to write`() async throws {
        let (house, tenant) = try await Self.wasteful()
        let facts = house.engine.facts(of: tenant)
        #expect(await house.engine.vacuum(tenant, rights: .read)?.failure == .lacksWriteRight)
        let failure = try await house.engine.perform(on: tenant) { (database) -> SQLFailure? in
            let stream = database.temporaryStream(principal: 1)
            defer { database.close(stream) }
            let caller = Caller(database, stream, .write)
            #expect(caller.run("BEGIN") == .row(""))
            let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
            do throws(SQLFailure) { try session.compact() } catch { return error }
            return nil
        }
        #expect(failure == .sqlite(SQLiteError(extendedCode: 1, message: "cannot VACUUM from within a transaction")))
        #expect(house.engine.facts(of: tenant)?.generation == facts?.generation)
        try house.stop()
    }

    @Test func `writers wait, readers do not, and several at once are one`() async throws {
        let (house, tenant) = try await Self.wasteful()
        let generation = try #require(house.engine.facts(of: tenant)?.generation)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { #expect(await house.engine.vacuum(tenant)?.isSuccess == true) } }
            for index in 0..<20 {
                group.addTask {
                    try await house.write("INSERT INTO t(v) VALUES ('w\(index)')", on: tenant)
                    #expect(try await house.integer("SELECT count(*) FROM t", on: tenant) > 150)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await house.integer("SELECT count(*) FROM t WHERE v LIKE 'w%'", on: tenant) == 20)
        #expect(
            try await house.integer(
                "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'", on: tenant) == 1)
        try house.restart()
        #expect(try await house.integer("SELECT count(*) FROM t WHERE v LIKE 'w%'", on: tenant) == 20)
        #expect(house.engine.facts(of: tenant)!.generation > generation)
        #expect(try Self.files(house).count == 1)
        try house.stop()
    }

    @Test func `slow reads aside are given time and then ended, also those that began during the copy`() async throws {
        let (house, tenant) = try await Self.wasteful { settings, _ in settings.transactionWait = 100_000_000 }
        let before = try await house.outcomes(of: [Self.content], on: tenant)
        let endless = "SELECT count(*) FROM t, \(SQLWork.endless)"
        var reads = [SQLWork(endless, rights: .read)]
        house.engine.submit(reads[0], to: tenant)
        while house.engine.load.readersAside == 0 { try await Task.sleep(for: .milliseconds(2)) }
        async let vacuum = house.engine.vacuum(tenant)
        // Reads that begin while the copy is made run aside as well; those that come later are in nobody's way.
        let old = house.engine.facts(of: tenant)?.generation
        while house.engine.facts(of: tenant)?.generation == old,
            try await house.engine.perform(on: tenant, { $0.hold != .frozen })
        {
            try await Task.sleep(for: .milliseconds(1))
        }
        for _ in 0..<2 {
            reads.append(SQLWork(endless, rights: .read))
            house.engine.submit(reads.last!, to: tenant)
        }
        #expect(await vacuum?.isSuccess == true)
        #expect(await reads[0].ended() == .failed(.recalled))
        for read in reads.dropFirst() {
            house.engine.cancel(read, of: tenant)
            await read.ended()
        }
        #expect(
            try await house.outcomes(of: [Self.content, "PRAGMA integrity_check"], on: tenant) == before + [.row("ok")])
        try house.stop()
    }

    @Test func `a transaction that goes on and on is ended as for any writer that waits`() async throws {
        let (house, tenant) = try await Self.wasteful { settings, _ in settings.transactionWait = 50_000_000 }
        let ticket = try await house.engine.perform(on: tenant) { database in
            let stream = try database.openStream(principal: 1)
            let caller = Caller(database, stream, .write)
            #expect(caller.run("BEGIN") == .row(""))
            #expect(caller.run("INSERT INTO t(v) VALUES ('lost')") == .row(""))
            database.leave(stream)
            return StreamTicket(stream: stream.id, sequence: stream.sequence, principal: 1, isClean: false)
        }
        #expect(await house.engine.vacuum(tenant)?.isSuccess == true)
        let outcome = try await house.engine.perform(on: tenant) { (database) -> Caller.Outcome in
            let stream = try database.resumeStream(ticket)
            defer { database.close(stream) }
            return Caller(database, stream, .write).run("COMMIT")
        }
        #expect(outcome == .other(.transactionTimedOut))
        #expect(try await house.integer("SELECT count(*) FROM t WHERE v = 'lost'", on: tenant) == 0)
        try house.stop()
    }

    @Test func `past its deadline it is given up and the writers go on`() async throws {
        let (house, tenant) = try await Self.wasteful()
        let generation = house.engine.facts(of: tenant)?.generation
        let ticket = try await house.engine.perform(on: tenant) { database in
            let stream = try database.openStream(principal: 1)
            #expect(Caller(database, stream, .write).run("BEGIN IMMEDIATE") == .row(""))
            database.leave(stream)
            return StreamTicket(stream: stream.id, sequence: stream.sequence, principal: 1, isClean: false)
        }
        let soon = house.engine.context.time.monotonic().advanced(byNanoseconds: 100_000_000)
        #expect(await house.engine.vacuum(tenant, deadline: soon)?.failure == .deadlineExceeded)
        try await house.engine.perform(on: tenant) { database in
            let stream = try database.resumeStream(ticket)
            #expect(Caller(database, stream, .write).run("COMMIT") == .row(""))
            database.close(stream)
        }
        try await house.write("INSERT INTO t(v) VALUES ('on')", on: tenant)
        #expect(house.engine.facts(of: tenant)?.generation == generation)
        #expect(await house.engine.vacuum(tenant)?.isSuccess == true)
        try house.stop()
    }

    @Test func `whatever comes first afterwards is compiled as ever`() async throws {
        let (house, tenant) = try await Self.wasteful()
        for sql in [
            "CREATE TEMP TABLE mine(x)", "BEGIN", "SAVEPOINT s", "PRAGMA foreign_keys = 1", "DROP TABLE IF EXISTS mine",
            "CREATE TEMP TABLE mine AS SELECT max(id) FROM t", "CREATE TEMP VIEW mine AS SELECT * FROM t",
            "INSERT INTO t(v) VALUES (changes())", "CREATE TABLE u(a)", "DROP TABLE u",
        ] {
            #expect(await house.engine.vacuum(tenant)?.isSuccess == true)
            #expect(try await house.outcomes(of: [sql], on: tenant) == [.row("")], "\(sql)")
        }
        #expect(await house.engine.vacuum(tenant)?.isSuccess == true)
        #expect(try await house.outcomes(of: ["ATTACH 'x' AS y"], on: tenant) == [.blocked])
        #expect(await house.engine.vacuum(tenant)?.isSuccess == true)
        #expect(try await house.outcomes(of: ["DELETE FROM t"], on: tenant, .read) == [.noRight])
        try house.stop()
    }

    /// A transaction that keeps a compaction waiting, until it is ended.
    static func openTransaction(_ house: House, _ tenant: TenantID) async throws -> StreamTicket {
        try await house.engine.perform(on: tenant) { database in
            let stream = try database.openStream(principal: 1)
            #expect(Caller(database, stream, .write).run("BEGIN IMMEDIATE") == .row(""))
            database.leave(stream)
            return StreamTicket(stream: stream.id, sequence: stream.sequence, principal: 1, isClean: false)
        }
    }

    static func end(_ ticket: StreamTicket, _ house: House, _ tenant: TenantID) async throws {
        try await house.engine.perform(on: tenant) { database in
            let stream = try database.resumeStream(ticket)
            #expect(Caller(database, stream, .write).run("COMMIT") == .row(""))
            database.close(stream)
        }
    }

    @Test func `one that has more time than the one that asked first goes on`() async throws {
        let (house, tenant) = try await Self.wasteful()
        let generation = try #require(house.engine.facts(of: tenant)?.generation)
        let ticket = try await Self.openTransaction(house, tenant)
        let soon = house.engine.context.time.monotonic().advanced(byNanoseconds: 100_000_000)
        async let hasty = house.engine.vacuum(tenant, deadline: soon)
        try await Task.sleep(for: .milliseconds(20))
        async let patient = house.engine.vacuum(tenant)
        #expect(await hasty?.failure == .deadlineExceeded)
        try await Self.end(ticket, house, tenant)
        #expect(await patient?.isSuccess == true)
        #expect(house.engine.facts(of: tenant)!.generation > generation)
        try house.stop()
    }

    @Test func `what came of a request that was given up is not the next one's answer`() async throws {
        let (house, tenant) = try await Self.wasteful()
        let generation = try #require(house.engine.facts(of: tenant)?.generation)
        let ticket = try await house.engine.perform(on: tenant) { database in
            let stream = try database.openStream(principal: 1)
            let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
            // Its client leaves while it waits.
            #expect(throws: SQLFailure.writerBusy) { try session.compact() }
            database.leave(stream)
            return StreamTicket(stream: stream.id, sequence: stream.sequence, principal: 1, isClean: false)
        }
        while house.engine.facts(of: tenant)?.generation == generation { try await Task.sleep(for: .milliseconds(2)) }
        let second = house.engine.facts(of: tenant)?.generation
        try await house.engine.perform(on: tenant) { database in
            let stream = try database.resumeStream(ticket)
            let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
            #expect(throws: SQLFailure.writerBusy) { try session.compact() }
            database.close(stream)
        }
        while house.engine.facts(of: tenant)?.generation == second { try await Task.sleep(for: .milliseconds(2)) }
        try house.stop()
    }

    @Test func `a tenant that changes hands keeps no other's waiting`() async throws {
        let (house, tenant) = try await Self.wasteful()
        let other = try await house.create(1001, sql: Self.schema)
        _ = try await house.engine.freeze(tenant, patience: 1_000_000_000, endingTransactions: false) { pause in
            try await Task.sleep(nanoseconds: pause)
        }
        async let waiting = house.engine.vacuum(tenant)
        let soon = house.engine.context.time.monotonic().advanced(byNanoseconds: 10_000_000_000)
        #expect(await house.engine.vacuum(other, deadline: soon)?.isSuccess == true)
        try await house.engine.thaw(tenant)
        #expect(await waiting?.isSuccess == true)
        try house.stop()
    }

    @Test func `a move that wants the tenant meanwhile waits, and goes on with the new file`() async throws {
        let (house, tenant) = try await Self.wasteful()
        let engine = house.engine
        for _ in 0..<6 {
            async let vacuum = engine.vacuum(tenant)
            async let frozen = engine.freeze(tenant, patience: 20_000_000_000, endingTransactions: false) { pause in
                try await Task.sleep(nanoseconds: pause)
            }
            let state = try await frozen
            #expect(
                try FileChecksum.of(engine.layout.path(of: tenant, state.generation), engine.files).checksum
                    == state.checksum)
            try await engine.thaw(tenant)
            #expect(await vacuum?.isSuccess == true)
            try await house.write("INSERT INTO t(v) VALUES ('x')", on: tenant)
        }
        #expect(try await house.integer("SELECT count(*) FROM t WHERE v = 'x'", on: tenant) == 6)
        try house.stop()
    }

    @Test func `a tenant that is dropped meanwhile is gone, and nothing of it is left`() async throws {
        for _ in 0..<2 {
            let (house, tenant) = try await Self.wasteful()
            async let vacuum = house.engine.vacuum(tenant)
            async let dropped: Void = house.engine.drop(tenant)
            try await dropped
            _ = await vacuum
            #expect(house.engine.facts(of: tenant) == nil)
            try await house.create(1000)
            #expect(try await house.integer("SELECT count(*) FROM t", on: tenant) == 0)
            try house.restart()
            #expect(try Self.files(house).count == 1)
            try house.stop()
        }
    }

    @Test func `eviction and checkpoints of everybody go on around it`() async throws {
        let house = try House { settings, _ in
            settings.openTenants = 2
            settings.keeperPause = 2_000_000
            settings.checkpointPause = 2_000_000
            settings.checkpointLogBytes = 1
        }
        var tenants: [TenantID] = []
        for index in 0..<6 { tenants.append(try await house.create(2000 + UInt64(index), sql: Self.schema)) }
        let all = tenants
        try await withThrowingTaskGroup(of: Void.self) { group in
            for tenant in all {
                group.addTask {
                    for round in 0..<4 {
                        try await house.write(
                            "INSERT INTO t(v) SELECT hex(randomblob(300)) FROM t UNION ALL SELECT \(round)", on: tenant)
                        try await house.write("DELETE FROM t WHERE id % 2 = 0", on: tenant)
                        #expect(await house.engine.vacuum(tenant)?.isSuccess == true)
                    }
                }
            }
            try await group.waitForAll()
        }
        try house.restart()
        for tenant in all {
            let facts = try #require(house.engine.facts(of: tenant))
            let found = try FileChecksum.of(house.engine.layout.path(of: tenant, facts.generation), house.engine.files)
            #expect(found.checksum == facts.checksum && found.pageCount == facts.pageCount)
            #expect(try await house.outcomes(of: ["PRAGMA integrity_check"], on: tenant) == [.row("ok")])
        }
        try house.stop()
    }
}

extension Result where Success == Void {
    var isSuccess: Bool { if case .success = self { true } else { false } }
    var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}
