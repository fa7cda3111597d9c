import CSQLite
import Foundation
import SQLiteKit
import Testing

/// A database that goes on in another file under its open connections.
@Suite struct ReplaceTests {
    /// A database with free pages in the middle, and its compact copy.
    private static func compacted(_ shop: Workshop) throws -> (file: DatabaseFile, connection: Connection, copy: String)
    {
        let path = try shop.makeDatabase(
            "a.sqlite",
            sql:
                "PRAGMA auto_vacuum=incremental; VACUUM; CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE INDEX tv ON t(v)"
        )
        let file = try shop.vfs.attach(path: path, observer: nil)
        let connection = try shop.connect(file)
        try connection.execute(
            """
            PRAGMA user_version=7; PRAGMA application_id=8;
            INSERT INTO t(v) SELECT hex(randomblob(500)) FROM (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c LIMIT 400) SELECT i FROM c);
            DELETE FROM t WHERE id % 4 <> 0
            """)
        let emptied = try connection.checkpoint(.truncate)
        #expect(emptied)
        let scratch = try shop.vfs.makeScratch(path: shop.directory + "/copy")
        defer { shop.vfs.forget(scratch) }
        var options = Connection.Options()
        options.mayAttach = true
        try shop.connect(file, options: options).compact(into: scratch)
        try scratch.finish()
        return (file, connection, scratch.path)
    }

    private static func size(_ path: String) -> Int64 {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64) ?? 0
    }

    private static func text(_ connection: Connection, _ sql: String) throws -> String {
        let statement = try connection.prepare(sql)
        guard try statement.step() else { return "" }
        return statement.string(0)
    }

    @Test func `a compact copy is a smaller database of the same form and content`() throws {
        let shop = try Workshop()
        let (file, connection, copy) = try Self.compacted(shop)
        #expect(Self.size(copy) < file.fileSize * 2 / 3)
        let header = [UInt8](FileManager.default.contents(atPath: copy)!.prefix(100))
        #expect(header[16...19] == [0x10, 0, 2, 2])
        let other = try shop.connect(try shop.vfs.attach(path: copy, observer: nil))
        for sql in [
            "SELECT count(*) || sum(id) || max(v) FROM t", "PRAGMA user_version", "PRAGMA application_id",
            "PRAGMA auto_vacuum",
            "PRAGMA page_size", "PRAGMA encoding",
        ] { #expect(try Self.text(other, sql) == Self.text(connection, sql), "\(sql)") }
        #expect(try Self.text(other, "PRAGMA integrity_check") == "ok")
        #expect(try FileManager.default.contentsOfDirectory(atPath: shop.directory).sorted() == ["a.sqlite", "copy"])
    }

    @Test func `all connections go on in the other file, with all that is theirs`() throws {
        let shop = try Workshop()
        let (file, writer, copy) = try Self.compacted(shop)
        let reader = try shop.connect(file)
        try reader.execute("CREATE TEMP TABLE mine AS SELECT 5 AS a; PRAGMA foreign_keys=1")
        let sum = "SELECT count(*) || ':' || sum(id) || ':' || sum(length(v)) FROM t"
        let select = try reader.prepare(sum)
        #expect(try select.step())
        let before = select.string(0)
        select.reset()
        let found = file.replace(path: copy, size: Self.size(copy)) {}
        #expect(found)
        // The old file is nobody's: had a cache or a descriptor survived, this would be seen.
        try FileManager.default.removeItem(atPath: shop.directory + "/a.sqlite")
        #expect(try select.step())
        #expect(select.string(0) == before)
        select.reset()
        for connection in [reader, writer, try shop.connect(file)] {
            #expect(try Self.text(connection, sum) == before)
            #expect(try Self.text(connection, "PRAGMA page_count") == "\(Self.size(copy) / 4096)")
            #expect(try Self.text(connection, "PRAGMA integrity_check") == "ok")
        }
        #expect(try Self.text(reader, "SELECT a FROM mine") == "5")
        #expect(try Self.text(reader, "PRAGMA foreign_keys") == "1")
        // Written, seen by the others, copied into the new file.
        try writer.execute("UPDATE t SET v = 'x' WHERE id < 100; CREATE TABLE u(b)")
        #expect(try Self.text(reader, "SELECT count(*) FROM t WHERE v = 'x'") == "24")
        let emptied = try writer.checkpoint(.truncate)
        #expect(emptied)
        #expect(try Self.text(reader, "PRAGMA integrity_check") == "ok")
        #expect(Self.size(copy) == file.fileSize)
        #expect(shop.vfs.descriptors.openCount <= 1)
    }

    @Test func `a connection that only ever read learns of it too`() throws {
        let shop = try Workshop()
        let first = try shop.makeDatabase("a.sqlite", sql: "CREATE TABLE t(a); INSERT INTO t VALUES ('old')")
        let second = try shop.makeDatabase("b.sqlite", sql: "CREATE TABLE t(a); INSERT INTO t VALUES ('new')")
        let file = try shop.vfs.attach(path: first, observer: nil)
        let connection = try shop.connect(file)
        #expect(try Self.text(connection, "SELECT a FROM t") == "old")
        let isDone = file.replace(path: second, size: Self.size(second)) {}
        #expect(isDone)
        #expect(try Self.text(connection, "SELECT a FROM t") == "new")
    }

    @Test func `not while anybody reads or writes, nor with anything in the log`() throws {
        let shop = try Workshop()
        let (file, connection, copy) = try Self.compacted(shop)
        let reader = try shop.connect(file)
        var wasTold = false
        func attempt() -> Bool { file.replace(path: copy, size: Self.size(copy)) { wasTold = true } }
        let select = try reader.prepare("SELECT id FROM t")
        #expect(try select.step())
        #expect(!attempt())
        select.reset()
        try connection.execute("BEGIN IMMEDIATE")
        #expect(!attempt())
        try connection.execute("ROLLBACK; INSERT INTO t(v) VALUES (1)")
        #expect(!attempt())
        #expect(!wasTold)
        let emptied = try connection.checkpoint(.truncate)
        #expect(emptied)
        struct Refusal: Error {}
        #expect(throws: Refusal.self) { try file.replace(path: copy, size: 0) { throw Refusal() } }
        #expect(try Self.text(reader, "SELECT count(*) FROM t WHERE v = 1") == "1")
        #expect(attempt())
    }
}
