import CSQLite
import Foundation
import SQLiteKit
import Testing
import Vocabulary

@Suite struct CommitCaptureTests {
    @Test func `an insert reaches the observer once and the file only at the checkpoint`() throws {
        let shop = try Workshop()
        let path = try shop.makeDatabase("a.sqlite", sql: "CREATE TABLE t(a)")
        let replica = Replica(path: path)
        let before = replica.bytes
        let file = try shop.vfs.attach(path: path, observer: replica)
        let connection = try shop.connect(file)
        try connection.execute("INSERT INTO t VALUES (1)")
        #expect(replica.commits == 1)
        #expect([UInt8](FileManager.default.contents(atPath: path)!) == before)
        #expect(try connection.checkpoint(.truncate))
        #expect([UInt8](FileManager.default.contents(atPath: path)!) == replica.bytes)
        #expect(replica.mismatches.isEmpty)
        #expect(file.logBytes == 0)
    }

    @Test func `a rollback and a read reach nobody`() throws {
        let shop = try Workshop()
        let path = try shop.makeDatabase("a.sqlite", sql: "CREATE TABLE t(a)")
        let replica = Replica(path: path)
        let file = try shop.vfs.attach(path: path, observer: replica)
        let connection = try shop.connect(file)
        try connection.execute("BEGIN; INSERT INTO t VALUES (1); ROLLBACK; SELECT * FROM t")
        #expect(replica.commits == 0)
    }

    @Test func `refused room is an ordinary full disk to SQLite and rolls back`() throws {
        let shop = try Workshop()
        let path = try shop.makeDatabase("a.sqlite", sql: "CREATE TABLE t(a)")
        let replica = Replica(path: path)
        replica.refuseAfter = 3
        let file = try shop.vfs.attach(path: path, observer: replica)
        let connection = try shop.connect(file)
        let big =
            "INSERT INTO t SELECT randomblob(3000) FROM (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 50) SELECT i FROM c)"
        #expect(throws: SQLiteError.self) { try connection.execute(big) }
        #expect(replica.commits == 0)
        #expect(replica.releases == 1)
        replica.refuseAfter = .max
        try connection.execute(big)
        #expect(replica.commits == 1)
        #expect(replica.mismatches.isEmpty)
    }

    @Test func `room is given back where the log began anew in the middle of the transaction`() throws {
        let shop = try Workshop()
        let path = try shop.makeDatabase(
            "a.sqlite",
            sql: """
                CREATE TABLE wide(id INTEGER PRIMARY KEY, v);
                WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 100)
                INSERT INTO wide SELECT i, zeroblob(3000) FROM c;
                """)
        let replica = Replica(path: path)
        let file = try shop.vfs.attach(path: path, observer: replica)
        let connection = try shop.connect(file, options: .init(cachePages: 12))
        try connection.execute("BEGIN; SAVEPOINT s; UPDATE wide SET v = randomblob(3000); ROLLBACK TO s")
        #expect(replica.reserved > 0, "it wrote into the log before its end")
        replica.refuseAfter = replica.reserved
        #expect(throws: SQLiteError.self) { try connection.execute("UPDATE wide SET v = randomblob(3000)") }
        if !connection.isAutocommit { try connection.execute("ROLLBACK") }
        #expect(replica.releases == 1)
        #expect(replica.commits == 0)
        replica.refuseAfter = .max
        try connection.execute("UPDATE wide SET v = randomblob(3000)")
        #expect(replica.commits == 1 && replica.mismatches.isEmpty)
        #expect(replica.releases == 1, "what was committed is not given back")
    }

    @Test func `nobody checkpoints but an armed connection`() throws {
        let shop = try Workshop()
        let path = try shop.makeDatabase("a.sqlite", sql: "CREATE TABLE t(a)")
        let file = try shop.vfs.attach(path: path, observer: nil)
        let connection = try shop.connect(file)
        try connection.execute("INSERT INTO t VALUES (1)")
        let held = file.logBytes
        #expect(throws: SQLiteError.self) {
            let statement = try connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)")
            while try statement.step() {
                if statement.integer(0) == 1 { throw SQLiteError(extendedCode: 5, message: "") }
            }
        }
        #expect(file.logBytes == held)
    }

    @Test func `the log survives the last connection and is read again`() throws {
        let shop = try Workshop()
        let path = try shop.makeDatabase("a.sqlite", sql: "CREATE TABLE t(a)")
        let file = try shop.vfs.attach(path: path, observer: nil)
        try shop.connect(file).execute("INSERT INTO t VALUES (7)")
        #expect(file.logBytes > 0)
        let again = try shop.connect(file)
        let statement = try again.prepare("SELECT a FROM t")
        #expect(try statement.step())
        #expect(statement.integer(0) == 7)
    }

    /// SQLite 3.40 commits frames without a checksum after a transaction has written a page in the log anew and then gone
    /// back to a savepoint before it. Nothing but a rebuild of the index from the log stumbles over them.
    @Test func `a database that nobody has open keeps all its commits`() throws {
        let shop = try Workshop()
        let path = try shop.makeDatabase(
            "c.sqlite",
            sql: """
                CREATE TABLE t(a); CREATE TABLE wide(id INTEGER PRIMARY KEY, v);
                WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 100)
                INSERT INTO wide SELECT i, zeroblob(3000) FROM c;
                """)
        let file = try shop.vfs.attach(path: path, observer: nil)
        do {
            let writer = try shop.connect(file, options: .init(cachePages: 12))
            try writer.execute("INSERT INTO t VALUES (1)")
            try writer.execute(
                """
                BEGIN; SAVEPOINT s;
                UPDATE wide SET v = randomblob(3000); UPDATE wide SET v = randomblob(3000) WHERE id > 50;
                ROLLBACK TO s; RELEASE s;
                INSERT INTO t VALUES (2); COMMIT
                """)
            try writer.execute("INSERT INTO t VALUES (3)")
        }
        let again = try shop.connect(file)
        let count = try again.prepare("SELECT count(*) FROM t")
        #expect(try count.step())
        #expect(count.integer(0) == 3)
    }

    @Test(arguments: 1...8)
    func `random commits replayed page by page equal the checkpointed file`(seed: UInt64) throws {
        let shop = try Workshop()
        var random = Dice(seed: seed)
        let vacuum = ["none", "full", "incremental"][Int(random.next() % 3)]
        let path = try shop.makeDatabase(
            "a.sqlite",
            sql:
                "PRAGMA auto_vacuum=\(vacuum); VACUUM; CREATE TABLE t(id INTEGER PRIMARY KEY, k, v); CREATE INDEX ti ON t(k)"
        )
        let replica = Replica(path: path)
        let file = try shop.vfs.attach(path: path, observer: replica)
        let connection = try shop.connect(file, options: .init(cachePages: 12))
        for round in 0..<60 {
            try step(connection, &random, round)
            if random.next() % 7 == 0 {
                let whole = try connection.checkpoint(random.next() % 2 == 0 ? .passive : .truncate)
                #expect(whole)
                #expect([UInt8](FileManager.default.contents(atPath: path)!) == replica.bytes, "round \(round)")
                #expect(replica.checksum == Replica.checksum(replica.pages))
            }
        }
        _ = try connection.checkpoint(.truncate)
        #expect(replica.mismatches.isEmpty, "\(replica.mismatches.prefix(3))")
        #expect([UInt8](FileManager.default.contents(atPath: path)!) == replica.bytes)
        let check = try connection.prepare("PRAGMA integrity_check")
        #expect(try check.step())
        #expect(check.string(0) == "ok")
    }

    private func step(_ connection: Connection, _ random: inout Dice, _ round: Int) throws {
        let n = random.next() % 300
        switch random.next() % 10 {
        case 0, 1, 2:
            try connection.execute(
                "INSERT INTO t(k,v) SELECT abs(random()) % 1000, randomblob(abs(random()) % 900) FROM (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < \(n + 1)) SELECT i FROM c)"
            )
        case 3: try connection.execute("INSERT INTO t(k,v) VALUES (\(round), zeroblob(\(n * 200)))")
        case 4: try connection.execute("DELETE FROM t WHERE k % 3 = \(n % 3)")
        case 5: try connection.execute("UPDATE t SET v = randomblob(40) WHERE k < \(n)")
        case 6: try connection.execute("DELETE FROM t; PRAGMA incremental_vacuum(\(n))")
        case 7:
            try connection.execute(
                "BEGIN; INSERT INTO t(k,v) VALUES (1, randomblob(5000)); SAVEPOINT s; DELETE FROM t WHERE k > \(n); ROLLBACK TO s; RELEASE s; COMMIT"
            )
        case 8:
            try connection.execute("BEGIN; DELETE FROM t; INSERT INTO t(k,v) VALUES (2, randomblob(50000)); ROLLBACK")
        default:
            try connection.execute(
                "CREATE TABLE IF NOT EXISTS u\(n % 5)(x); INSERT INTO u\(n % 5) VALUES (randomblob(300))")
            if n % 2 == 0 { try connection.execute("DROP TABLE u\(n % 5)") }
        }
    }
}

/// xorshift64*, so that a seed names a run.
struct Dice {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return (state &* 0x2545_F491_4F6C_DD1D) >> 11
    }
}
