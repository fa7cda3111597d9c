import Access
import CSQLite
import Foundation
import FoundationNetworking
import Tenants
import Testing
import Vocabulary

@testable import DataPlane

/// `GET snapshot`, from the socket to the engine and back.
@Suite struct SnapshotTests {
    private static let path = "/t/acme/snapshot"

    private struct Answer {
        var status: Int
        var headers: [String: String]
        var bytes: [UInt8]
        var body: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// The other client of these tests reads text only.
    private func ask(
        _ door: HranaDoor, _ headers: String = "", method: String = "GET", path: String = Self.path
    ) async throws -> Answer {
        var request = URLRequest(url: URL(string: "http://127.0.0.1:\(door.door.port)\(path)")!)
        request.httpMethod = method
        request.cachePolicy = .reloadIgnoringLocalAndRemoteCacheData
        for line in headers.components(separatedBy: "\r\n") where !line.isEmpty {
            let parts = line.components(separatedBy: ": ")
            request.setValue(parts[1], forHTTPHeaderField: parts[0])
        }
        let session = URLSession(configuration: .ephemeral)
        defer { session.invalidateAndCancel() }
        let (data, response) = try await session.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        let fields = answer.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") }
        return Answer(
            status: answer.statusCode, headers: Dictionary(fields, uniquingKeysWith: { $1 }), bytes: Array(data))
    }

    private func write(_ door: HranaDoor, _ sql: String, _ headers: String = "") async throws -> Client.Answer {
        let answer = try await door.ask(
            post("/t/acme/query", #"{"sql": \#(HranaHouse.quoted(sql))}"#, headers))
        #expect(answer.status == 200, "\(answer)")
        return answer
    }

    /// What a plain SQLite says of the file.
    private func look(_ bytes: [UInt8], _ sql: String) throws -> String {
        let path = NSTemporaryDirectory() + UUID().uuidString + ".sqlite"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        var statement: OpaquePointer?
        try #require(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, "unix") == SQLITE_OK)
        try #require(sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK)
        defer { sqlite3_finalize(statement) }
        try #require(sqlite3_step(statement) == SQLITE_ROW)
        return String(cString: sqlite3_column_text(statement, 0))
    }

    @Test func `a snapshot is a whole plain file of the newest commit, without what is ours`() async throws {
        try await HranaDoor.open { door in
            _ = try await write(
                door, "INSERT INTO t(v) VALUES ('secret'), (zeroblob(100000))", "Idempotency-Key: hidden-key\r\n")
            _ = try await write(door, "DELETE FROM t WHERE v = 'nothing'")
            let answer = try await ask(door)
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/vnd.sqlite3")
            #expect(answer.headers["etag"] == "\"1-1\"" && answer.headers["rowhouse-bookmark"] == "1-1")
            #expect(
                answer.headers["cache-control"] == "private, no-cache" && answer.headers["accept-ranges"] == "bytes")
            let bytes = answer.bytes
            #expect(answer.headers["content-length"] == "\(bytes.count)")
            #expect(bytes[18] == 1 && bytes[19] == 1)
            #expect(try look(bytes, "PRAGMA integrity_check") == "ok")
            #expect(try look(bytes, "SELECT group_concat(v IS NULL OR length(v)) FROM t") != "")
            #expect(try look(bytes, "SELECT count(*) FROM t") == "2")
            #expect(try look(bytes, "SELECT count(*) FROM sqlite_master WHERE name LIKE '%rowhouse%'") == "0")
            #expect(bytes.firstRange(of: Array("hidden-key".utf8)) == nil)
            // Asked for twice it is the same, to the byte.
            #expect(try await ask(door).bytes == bytes)
            let head = try await ask(door, method: "HEAD")
            #expect(head.status == 200 && head.headers["content-length"] == "\(bytes.count)")
            let known = try await ask(door, "If-None-Match: \"1-1\"\r\n")
            #expect(known.status == 304 && known.bytes.isEmpty)
            // Nothing is left in the folder of temporary files.
            #expect(try FileManager.default.contentsOfDirectory(atPath: door.house.directory + "/tmp") == [])
        }
    }

    @Test func `a download that broke off goes on with the same version while others write`() async throws {
        try await HranaDoor.open { door in
            _ = try await write(door, "INSERT INTO t(v) VALUES (randomblob(300000))")
            let whole = try await ask(door)
            _ = try await write(door, "UPDATE t SET v = randomblob(300000)")
            let rest = try await ask(door, "Range: bytes=100000-\r\nIf-Range: \"1-1\"\r\n")
            #expect(rest.status == 206)
            #expect(rest.headers["content-range"] == "bytes 100000-\(whole.bytes.count - 1)/\(whole.bytes.count)")
            #expect(rest.bytes == Array(whole.bytes[100_000...]))
            let newer = try await ask(door, "Range: bytes=0-99\r\n")
            #expect(newer.status == 206 && newer.headers["etag"] == "\"1-2\"" && newer.bytes.count == 100)
            let gone = try await ask(door, "Range: bytes=100000-\r\nIf-Range: \"1-0\"\r\n")
            #expect(gone.status == 200 && gone.headers["etag"] == "\"1-2\"")
            let none = try await ask(door, "Range: bytes=999999999-\r\n")
            #expect(none.status == 416 && none.headers["content-range"] == "bytes */\(gone.bytes.count)")
            let older = try await ask(door, "Rowhouse-Bookmark: 1-3\r\n")
            #expect(older.status == 412 && JSON(older.body)["error"]["code"].string == "bookmark_mismatch")
        }
    }

    @Test func `what was deleted is in no free page of it`() async throws {
        try await HranaDoor.open { door in
            let rows = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000) SELECT"
            // More than the numbers of one trunk page.
            _ = try await write(
                door, "INSERT INTO t(v) \(rows) 'gone-for-good' || hex(zeroblob(900)) FROM c")
            _ = try await write(door, "INSERT INTO t(v) VALUES ('stays')")
            _ = try await write(door, "DELETE FROM t WHERE v LIKE 'gone%'")
            let bytes = try await ask(door).bytes
            #expect(Int(try look(bytes, "PRAGMA freelist_count"))! > 1_100)
            #expect(try look(bytes, "PRAGMA integrity_check") == "ok")
            #expect(try look(bytes, "SELECT group_concat(v) FROM t") == "stays")
            // Pages in use keep what lies in their gaps: at most the two at the ends.
            let left = bytes.split(separator: Array("gone-for-good".utf8)).count - 1
            #expect(left <= 8, "\(left) are left")
        }
    }

    @Test func `kept ones make way where the disk is full`() async throws {
        try await HranaDoor.open { door in
            _ = try await write(door, "INSERT INTO t(v) VALUES (1)")
            _ = try await ask(door)
            _ = try await write(door, "INSERT INTO t(v) VALUES (2)")
            let kept = try await ask(door, "Range: bytes=0-99\r\nIf-Range: \"1-1\"\r\n")
            #expect(kept.headers["etag"] == "\"1-1\"")
            #expect(door.house.engine.makeRoom())
            #expect(!door.house.engine.makeRoom())
            let fresh = try await ask(door, "Range: bytes=0-99\r\nIf-Range: \"1-1\"\r\n")
            #expect(fresh.status == 200 && fresh.headers["etag"] == "\"1-2\"")
        }
    }

    @Test func `each snapshot beside writers is a state that was acknowledged or about to be`() async throws {
        try await HranaDoor.open { door in
            // Every transaction keeps the sum.
            _ = try await write(
                door,
                "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 4000) INSERT INTO t(id, v) SELECT i, 100 FROM c"
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<3 {
                    group.addTask {
                        for n in 0..<60 {
                            let (a, b) = (1 + (n * 37 + writer) % 4_000, 1 + (n * 91 + writer * 7) % 4_000)
                            let body =
                                #"{"statements": [{"sql": "UPDATE t SET v = v - 1 WHERE id = \#(a)"}, {"sql": "UPDATE t SET v = v + 1 WHERE id = \#(b)"}]}"#
                            let answer = try await door.ask(post("/t/acme/query", body))
                            #expect(answer.status == 200, "\(answer)")
                        }
                    }
                }
                group.addTask {
                    for _ in 0..<10 {
                        let answer = try await self.ask(door)
                        #expect(answer.status == 200, "\(answer.status)")
                        #expect(try self.look(answer.bytes, "SELECT sum(v) FROM t") == "400000")
                        #expect(try self.look(answer.bytes, "PRAGMA integrity_check") == "ok")
                    }
                }
                try await group.waitForAll()
            }
            #expect(door.house.engine.load.readersAside == 0)
        }
    }

    @Test func `who may read may have a snapshot, others not`() async throws {
        let tokens = try Tokens()
        try await HranaDoor.open(authenticator: tokens.authenticator) { door in
            let reader = "Authorization: Bearer \(try tokens.make(HranaHouse.tenant, "acme", .read))\r\n"
            #expect(try await ask(door, reader).status == 200)
            let none = try await ask(door)
            #expect(none.status == 401 && JSON(none.body)["error"]["code"].string == "token_missing")
            let far = try await ask(door, reader, path: "/t/nobody/snapshot")
            #expect(far.status == 403 && JSON(far.body)["error"]["code"].string == "forbidden")
        }
    }
}
