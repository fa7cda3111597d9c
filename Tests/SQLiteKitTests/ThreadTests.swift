import CSQLite
import Foundation
import Lanes
import SQLiteKit
import Synchronization
import Testing

/// One database under a writer, readers that come and go, and checkpoints, each on a thread of its own, with fewer
/// descriptors than files. Every reader compares all rows with a sum that each transaction keeps; every checkpoint that
/// leaves nothing in the log must leave a file equal to a replica built from the captured commits alone.
@Suite(.serialized) struct ThreadTests {
    /// `ROWHOUSE_CROWD` makes it longer.
    static let seconds = ProcessInfo.processInfo.environment["ROWHOUSE_CROWD"].flatMap(Double.init) ?? 1

    @Test(.timeLimit(.minutes(60))) func `readers beside a writer see whole commits, and none older than they know`()
        throws
    {
        let scene = try Scene()
        scene.begin()
        var threads = [try BackgroundThread(name: "writer") { scene.guarded { try scene.write() } }]
        for number in 0..<3 {
            threads.append(
                try BackgroundThread(name: "reader") { scene.guarded { try scene.read(UInt64(number + 50)) } })
        }
        threads.append(try BackgroundThread(name: "thrasher") { scene.guarded { try scene.thrash() } })
        for thread in threads { thread.join() }
        #expect(scene.violations == [])
        print("threads: \(scene.counts)")
        #expect(scene.hasSeenEverything)
        // Every connection is closed: the log stays, and so do the commits in it.
        try scene.checkAgain()
        #expect(scene.violations == [])
    }
}

/// A database, its replica, and what its users have seen.
private final class Scene: @unchecked Sendable {
    // @unchecked: `replica` is the writer's; the rest is constant, atomic or locked.
    private let shop: Workshop
    private let file: DatabaseFile
    private let path: String
    private let replica: Replica
    private let others: [DatabaseFile]
    private let version = Atomic<Int64>(0)
    private let begun = Mutex(Date())
    private let wrong = Mutex<[String]>([])
    private let done = Mutex<[String: Int]>([
        "commits": 0, "rollbacks": 0, "checkpoints": 0, "whole": 0, "snapshots": 0, "connections": 0, "openings": 0,
    ])

    init() throws {
        shop = try Workshop(descriptors: 4)
        path = try shop.makeDatabase(
            "a.sqlite",
            sql: """
                PRAGMA auto_vacuum=incremental; VACUUM;
                CREATE TABLE t(id INTEGER PRIMARY KEY, h INTEGER NOT NULL, v BLOB);
                CREATE INDEX th ON t(h);
                CREATE TABLE meta(version INTEGER, count INTEGER, sum INTEGER);
                INSERT INTO meta VALUES (0, 0, 0);
                """)
        replica = Replica(path: path)
        file = try shop.vfs.attach(path: path, observer: replica)
        others = try (0..<6).map { [shop] number in
            let path = try shop.makeDatabase("b\(number).sqlite", sql: "CREATE TABLE t(a); INSERT INTO t VALUES (1)")
            return try shop.vfs.attach(path: path, observer: nil)
        }
    }

    var violations: [String] { wrong.withLock { $0 } }
    var counts: [String: Int] { done.withLock { $0 } }
    var hasSeenEverything: Bool { counts.allSatisfy { $0.value > 0 } }
    func begin() { begun.withLock { $0 = Date() } }
    /// A slow machine needs longer to do some of everything.
    private var isOver: Bool {
        let seconds = Date().timeIntervalSince(begun.withLock { $0 })
        return seconds > ThreadTests.seconds && (hasSeenEverything || seconds > 60)
    }
    private func count(_ what: String) { done.withLock { $0[what]! += 1 } }
    private func violate(_ what: String) { wrong.withLock { if $0.count < 20 { $0.append(what) } } }

    func guarded(_ body: () throws -> Void) {
        do { try body() } catch { violate("\(error)") }
    }

    // MARK: The writer

    /// Also the only one that checkpoints, as it must be.
    func write() throws {
        var random = Dice(seed: 3)
        let connection = try shop.connect(file, options: .init(cachePages: 12))
        while !isOver {
            let takesBack = random.next() % 6 == 0
            try connection.execute("BEGIN IMMEDIATE")
            try change(connection, &random)
            try connection.execute(
                """
                UPDATE meta SET version = version + 1, count = (SELECT count(*) FROM t),
                    sum = (SELECT coalesce(sum(h), 0) FROM t)
                """)
            try connection.execute(takesBack ? "ROLLBACK" : "COMMIT")
            if !takesBack { version.add(1, ordering: .releasing) }
            count(takesBack ? "rollbacks" : "commits")
            if random.next() % 8 == 0 { try checkpoint(connection, random.next() % 2 == 0 ? .passive : .truncate) }
        }
        if !replica.mismatches.isEmpty { violate("\(replica.mismatches.prefix(3))") }
    }

    private func change(_ connection: Connection, _ random: inout Dice) throws {
        let n = random.next() % 100
        switch random.next() % 8 {
        case 0, 1, 2:
            try connection.execute(
                """
                WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < \(n))
                INSERT INTO t(h, v) SELECT abs(random()) % 100000, randomblob(300) FROM c
                """)
        case 3: try connection.execute("UPDATE t SET h = abs(random()) % 100000 WHERE id % 7 = \(n % 7)")
        case 4: try connection.execute("INSERT INTO t(h, v) VALUES (\(n), zeroblob(60000))")
        case 5: try connection.execute("DELETE FROM t WHERE id % 3 = \(n % 3)")
        case 6: try connection.execute("DELETE FROM t; PRAGMA incremental_vacuum(\(n))")
        default:
            try connection.execute("SAVEPOINT s; DELETE FROM t WHERE h > \(n); ROLLBACK TO s; RELEASE s")
            try connection.execute("CREATE TABLE IF NOT EXISTS u\(n % 5)(x)")
            if n % 2 == 0 { try connection.execute("DROP TABLE u\(n % 5)") }
        }
    }

    private func checkpoint(_ connection: Connection, _ mode: Connection.CheckpointMode) throws {
        guard try connection.checkpoint(mode), file.logBytes == 0 else { return count("checkpoints") }
        count("whole")
        if [UInt8](FileManager.default.contents(atPath: path)!) != replica.bytes {
            violate("the file is not the replica")
        }
    }

    // MARK: Readers

    func read(_ seed: UInt64) throws {
        var random = Dice(seed: seed)
        while !isOver {
            let connection = try patiently { try shop.connect(file) }
            count("connections")
            for _ in 0..<20 where !isOver { try look(connection, &random) }
        }
    }

    private func look(_ connection: Connection, _ random: inout Dice) throws {
        let floor = version.load(ordering: .acquiring)
        try connection.execute("BEGIN")
        defer { try? connection.execute("COMMIT") }
        let first = try patiently { try sight(connection) }
        if first.version < floor { violate("version \(first.version) after \(floor)") }
        // What a commit tells the observer is told before anybody sees the commit (rule J1 rests on it).
        let heard = replica.heard.load(ordering: .acquiring)
        if first.version > heard { violate("version \(first.version) was seen before the observer heard of \(heard)") }
        count("snapshots")
        guard random.next() % 3 == 0 else { return }
        usleep(UInt32(random.next() % 3_000))
        if try sight(connection) != first { violate("a snapshot changed") }
    }

    private struct Sight: Equatable { var version, count, sum: Int64 }

    private func sight(_ connection: Connection) throws -> Sight {
        let select = try connection.prepare(
            """
            SELECT version, count, sum, (SELECT count(*) FROM t NOT INDEXED), (SELECT coalesce(sum(h), 0) FROM t) FROM meta
            """)
        guard try select.step() else { return Sight(version: -1, count: 0, sum: 0) }
        let sight = Sight(version: select.integer(0), count: select.integer(1), sum: select.integer(2))
        if select.integer(3) != sight.count || select.integer(4) != sight.sum {
            violate("version \(sight.version): \(select.integer(3)) rows for \(sight.count)")
        }
        return sight
    }

    /// Two connections that find the index missing race for making it; one of them is told that it is busy.
    private func patiently<T>(_ body: () throws -> T) throws -> T {
        while true {
            do {
                return try body()
            } catch let error as SQLiteError where error.code == SQLITE_BUSY {
                usleep(200)
            }
        }
    }

    /// Uses more files than there are descriptors.
    func thrash() throws {
        var index = 0
        while !isOver {
            let connection = try shop.connect(others[index % others.count])
            let select = try connection.prepare("SELECT a FROM t")
            if try !select.step() { violate("a row is gone") }
            count("openings")
            index += 1
        }
    }

    func checkAgain() throws {
        let connection = try shop.connect(file)
        if try sight(connection).version != version.load(ordering: .acquiring) { violate("commits are gone") }
        let check = try connection.prepare("PRAGMA integrity_check")
        if try !check.step() || check.string(0) != "ok" { violate(check.string(0)) }
    }
}
