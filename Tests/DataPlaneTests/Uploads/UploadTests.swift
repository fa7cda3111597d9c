import Access
import Foundation
import NIOCore
import Tenants
import Testing
import Vocabulary

@testable import DataPlane

/// `PUT snapshot`: a file in a tenant's place, from the socket to the engine.
@Suite struct UploadTests {
    private func open(
        limits: DoorLimits = .quick, _ adjust: @escaping @Sendable (inout HranaSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (UploadDoor) async throws -> Void
    ) async throws {
        try await HranaDoor.open(limits: limits, adjust) { door in try await body(UploadDoor(door: door)) }
    }

    @Test(
        arguments: [
            "", "PRAGMA page_size=512;", "PRAGMA page_size=65536;", "PRAGMA encoding='UTF-16le';",
            "PRAGMA encoding='UTF-16be'; PRAGMA page_size=1024; PRAGMA auto_vacuum=FULL;",
            "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA page_size=8192;",
        ], [false, true])
    func `a file of any kind becomes the tenant, with all that it holds`(_ settings: String, _ isLogged: Bool)
        async throws
    {
        let file = try ForeignFile(settings + ForeignFile.content, isLogged: isLogged)
        let digest = try file.look(ForeignFile.digest)
        try await open { door in
            _ = try await door.query("INSERT INTO t(v) VALUES ('gone')")
            let answer = try await door.put(file)
            try #require(answer.status == 200, "\(answer.body)")
            #expect(answer.headers["etag"] == "\"1-2\"" && answer.headers["rowhouse-bookmark"] == "1-2")
            #expect(answer.body == "{\"bookmark\":\"1-2\",\"bytes\":\(file.bytes.count)}")
            for _ in 0..<2 {
                let now = try await door.snapshot()
                #expect(try now.look(ForeignFile.digest) == digest)
                #expect(now.number(2, at: 16) == 4096 && now.number(4, at: 56) == 1)
                #expect(try now.look("PRAGMA integrity_check") == "ok")
                #expect(try now.look("PRAGMA auto_vacuum") == file.look("PRAGMA auto_vacuum"))
                // It is a tenant like any other: triggers, generated columns and words work.
                let written = try await door.query("INSERT INTO t VALUES (10000, 'new')")
                #expect(written.status == 200, "\(written)")
                let logged = try await door.query("SELECT what FROM log")
                #expect(logged.body.contains("10000"), "\(logged)")
                for sql in ["DELETE FROM t WHERE id = 10000", "DELETE FROM log"] {
                    #expect(try await door.query(sql).status == 200)
                }
            }
            #expect(try await door.query("INSERT INTO words VALUES ('another fox')").status == 200)
            for _ in 0..<100 where try !door.leftOvers().isEmpty { try await Task.sleep(for: .milliseconds(50)) }
            #expect(try door.leftOvers() == [])
        }
    }

    @Test func `streams lose what they had open and are told so, others go on`() async throws {
        try await open { door in
            let begun = try await door.door.ask(post("/t/acme/v3/pipeline", HranaDoor.pipeline("BEGIN")))
            let baton = try #require(JSON(begun.body)["baton"].string)
            let changed = try await door.door.ask(
                post("/t/acme/v3/pipeline", HranaDoor.pipeline("INSERT INTO t(v) VALUES ('open')", baton: baton)))
            let temporary = try await door.door.ask(
                post("/t/acme/v3/pipeline", HranaDoor.pipeline("CREATE TEMP TABLE mine(a)")))
            #expect(try await door.put(ForeignFile("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")).status == 200)
            for answer in [changed, temporary] {
                let next = try await door.door.ask(
                    post(
                        "/t/acme/v3/pipeline",
                        HranaDoor.pipeline("SELECT count(*) FROM t", baton: JSON(answer.body)["baton"].string)))
                #expect(next.body.contains("TENANT_REPLACED"), "\(next)")
            }
            let fresh = try await door.query("SELECT count(*) FROM t")
            #expect(fresh.status == 200 && fresh.body.contains("[[0]]"), "\(fresh)")
        }
    }

    @Test func `a condition that is not met changes nothing, one that is does`() async throws {
        try await open { door in
            _ = try await door.query("INSERT INTO t(v) VALUES ('here')")
            let file = try ForeignFile("CREATE TABLE other(a)")
            for tag in ["\"1-0\"", "1-2", "W/\"1-1\"", "\"1-0\", \"9-9\""] {
                let refused = try await door.put(file, ["If-Match": tag])
                #expect(refused.status == 412 && refused.code == "bookmark_mismatch", "\(tag): \(refused.body)")
            }
            #expect(try await door.put(file, ["If-Match": "nonsense"]).status == 400)
            #expect(try await door.put(file, ["If-None-Match": "*"]).status == 400)
            #expect(try await door.put(file, ["Content-Encoding": "gzip"]).status == 400)
            #expect(try await door.put(file, ["Content-Range": "bytes 0-1/3"]).status == 400)
            #expect(try await door.snapshot().look("SELECT v FROM t") == "here")
            #expect(try await door.put(file, ["If-Match": "\"1-0\", \"1-1\""]).status == 200)
            #expect(try await door.put(file, ["If-Match": "1-2"]).status == 200)
            #expect(try await door.put(file, ["If-Match": "*"]).headers["etag"] == "\"1-4\"")
        }
    }

    @Test func `answers given under idempotency keys stay given, a file's own are not taken`() async throws {
        try await open { door in
            let key = "Idempotency-Key: once\r\n"
            let first = try await door.query("INSERT INTO t(v) VALUES ('a') RETURNING id", key)
            let file = try ForeignFile(
                """
                CREATE TABLE t(id INTEGER PRIMARY KEY, v);
                CREATE TABLE _rowhouse_idempotency(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
                    created INTEGER NOT NULL, request BLOB NOT NULL, answer BLOB NOT NULL);
                INSERT INTO _rowhouse_idempotency VALUES (1, 'theirs', 9999999999999, x'00', x'00');
                """)
            #expect(try await door.put(file).status == 200)
            let again = try await door.query("INSERT INTO t(v) VALUES ('a') RETURNING id", key)
            func rows(_ answer: Client.Answer) -> String { String(answer.body.prefix { $0 != "A" }) }
            #expect(again.status == 200 && rows(again) == rows(first), "\(again)")
            let count = try await door.query("SELECT count(*) FROM t")
            #expect(count.body.contains("[[0]]"), "\(count)")
            #expect(try await door.query("SELECT 1", "Idempotency-Key: theirs\r\n").status == 200)
        }
    }

    @Test func `writers go on beside uploads, and what is read is always one of the files`() async throws {
        try await open { door in
            let files = try (0..<2).map { number in
                try ForeignFile(
                    """
                    CREATE TABLE t(id INTEGER PRIMARY KEY, v);
                    INSERT INTO t WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 500)
                        SELECT i, \(number) FROM c
                    """)
            }
            #expect(try await door.put(files[0]).status == 200)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for turn in 0..<12 {
                        let answer = try await door.put(files[turn % 2])
                        #expect(answer.status == 200, "\(answer.body)")
                    }
                }
                for _ in 0..<2 {
                    group.addTask {
                        for _ in 0..<60 {
                            let answer = try await door.query("INSERT INTO t(v) VALUES (7)")
                            #expect(answer.status == 200, "\(answer)")
                        }
                    }
                }
                group.addTask {
                    for _ in 0..<60 {
                        let sql = "SELECT count(DISTINCT v) || ':' || count(*) FROM t WHERE v <> 7"
                        let answer = try await door.query(sql)
                        #expect(answer.body.contains("1:500"), "\(answer)")
                    }
                }
                group.addTask {
                    for _ in 0..<5 {
                        let answer = try await door.send("GET")
                        guard answer.status == 200 else { continue }
                        #expect(try ForeignFile(answer.bytes).look("SELECT count(*) FROM t WHERE v <> 7") == "500")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `only who may write may replace, and one at a time`() async throws {
        let tokens = try Tokens()
        let file = try ForeignFile("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
        try await HranaDoor.open(authenticator: tokens.authenticator) { door in
            let door = UploadDoor(door: door)
            func header(_ level: AccessLevel) throws -> [String: String] {
                ["Authorization": "Bearer \(try tokens.make(HranaHouse.tenant, "acme", level))"]
            }
            let refused = try await door.put(file, try header(.read))
            #expect(refused.status == 403 && refused.code == "forbidden", "\(refused.body)")
            #expect(try await door.put(file).status == 401)
            #expect(try await door.put(file, try header(.write)).status == 200)
        }
        try await open { door in
            let client = try await door.door.door.connect()
            try await client.send(
                "PUT \(UploadDoor.path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4096\r\n\r\nSQL")
            try await Task.sleep(for: .milliseconds(300))
            let second = try await door.put(file)
            #expect(second.status == 503 && second.code == "busy", "\(second.body)")
            try await client.reset()
            for _ in 0..<100 where try !door.leftOvers().isEmpty { try await Task.sleep(for: .milliseconds(50)) }
            #expect(try door.leftOvers() == [])
            var third = try await door.put(file)
            for _ in 0..<50 where third.status == 503 { third = try await door.put(file) }
            #expect(third.status == 200, "\(third.body)")
        }
    }

    @Test func `chunks, a wait for 100, and what is too much or too slow`() async throws {
        let file = try ForeignFile("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
        let limits = DoorLimits.quick.with { $0.uploadWindow = .seconds(2) }
        try await open(limits: limits) { door in
            let head = "PUT \(UploadDoor.path) HTTP/1.1\r\nHost: localhost\r\n"
            let client = try await door.door.door.connect()
            try await client.send(head + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await client.answer().status == 100)
            for start in stride(from: 0, to: file.bytes.count, by: 3_000) {
                let piece = Array(file.bytes[start..<min(file.bytes.count, start + 3_000)])
                try await client.send(bytes: Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10])
            }
            let answer = try await client.ask("0\r\n\r\n")
            #expect(answer.status == 200, "\(answer)")
            // The connection lives on.
            #expect(try await client.ask(get("/t/acme/v2")).status == 200)
            let slow = try await client.ask(head + "Content-Length: 8192\r\n\r\nSQLite")
            #expect(slow.status == 408, "\(slow)")
            let refused = try await door.door.ask(
                head + "Content-Length: 99999999999999\r\nExpect: 100-continue\r\n\r\n")
            #expect(refused.status == 413 && refused.body.contains("body_too_large"), "\(refused)")
            #expect(try await door.query("SELECT 1").status == 200)
        }
    }
}
