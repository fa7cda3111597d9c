import Access
import DataPlane
import Foundation
import Tenants
import Testing
import Vocabulary

/// `GET stats` and `DELETE stats`, from the socket to the engine and back.
@Suite struct StatsTests {
    private func query(_ door: HranaDoor, _ sql: String, tenant: String = "acme") async throws {
        let answer = try await door.ask(post("/t/\(tenant)/query", #"{"sql": \#(HranaHouse.quoted(sql))}"#))
        #expect(answer.status == 200 || sql.contains("nowhere") || sql.contains("id) VALUES"), "\(answer.body)")
    }

    private func stats(_ door: HranaDoor, _ query: String = "", _ headers: String = "") async throws -> JSON {
        let answer = try await door.ask(get("/t/acme/stats\(query)", headers))
        #expect(answer.status == 200 && answer.headers["content-type"] == "application/json", "\(answer)")
        return JSON(answer.body)
    }

    @Test func `statements are counted without their literals, in order of what they cost`() async throws {
        try await HranaDoor.open { door in
            for value in 0..<5 { try await query(door, "INSERT INTO t(v)\n VALUES (\(value)) -- \(value)") }
            for name in ["ada", "bob"] { try await query(door, "SELECT * FROM t WHERE v = '\(name)'") }
            let slow =
                "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300000) SELECT count(*) FROM c"
            try await query(door, slow)
            try await query(door, "INSERT INTO t(id) VALUES (1)")
            let stats = try await stats(door)
            #expect(stats["statements"].int == 9 && stats["failures"].int == 1, "\(stats)")
            #expect(stats["rowsWritten"].int == 5 && stats["rowsRead"].int == 8, "\(stats)")
            #expect(stats["txid"].int == 5 && stats["bookmark"].string == "1-5" && stats["bytes"].int ?? 0 >= 8_192)
            #expect(stats["since"].string?.hasSuffix("Z") ?? false)
            let top = stats["top"].array
            #expect(top.first?["sql"].string?.hasPrefix("WITH RECURSIVE c(i) AS (SELECT ?") ?? false, "\(stats)")
            #expect(stats["slowest"][0]["sql"].string == top.first?["sql"].string)
            let inserts = try #require(top.first { $0["sql"].string == "INSERT INTO t(v) VALUES (?)" })
            #expect(inserts["count"].int == 5 && inserts["rowsWritten"].int == 5)
            let selects = try #require(top.first { $0["sql"].string == "SELECT * FROM t WHERE v = ?" })
            #expect(selects["count"].int == 2 && selects["rowsRead"].int == 8, "\(selects)")
            let latency = stats["latencyMS"]
            let order = ["p50", "p90", "p99", "max"].map { latency[$0].double ?? -1 }
            #expect(order == order.sorted() && order[0] > 0, "\(latency)")
            #expect(try await self.stats(door, "?top=1&slowest=0")["top"].count == 1)
            for bad in ["?top=65", "?top=-1", "?fast=1", "?top"] {
                let refused = try await door.ask(get("/t/acme/stats\(bad)"))
                #expect(
                    refused.status == 400 && JSON(refused.body)["error"]["code"].string == "bad_request", "\(refused)")
            }
        }
    }

    @Test func `the table is bounded and keeps what costs most`() async throws {
        try await HranaDoor.open { door in
            let slow =
                "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 100000) SELECT max(i) FROM c"
            try await query(door, slow)
            for number in 0..<200 { try await query(door, "SELECT v AS a\(number) FROM t") }
            let stats = try await stats(door, "?top=64&slowest=64")
            #expect(stats["top"].count == 64 && stats["statements"].int == 201)
            #expect(stats["top"][0]["sql"].string?.contains("max(i)") ?? false)
        }
    }

    @Test func `who writes may begin anew, who reads may look`() async throws {
        let tokens = try Tokens()
        try await HranaDoor.open(authenticator: tokens.authenticator) { door in
            let reader = "Authorization: Bearer \(try tokens.make(HranaHouse.tenant, "acme", .read))\r\n"
            let writer = "Authorization: Bearer \(try tokens.make(HranaHouse.tenant, "acme", .write))\r\n"
            let other = "Authorization: Bearer \(try tokens.make(TenantID(77), "other", .write))\r\n"
            _ = try await door.ask(post("/t/acme/query", #"{"sql": "SELECT 1"}"#, reader))
            #expect(try await stats(door, "", reader)["statements"].int == 1)
            #expect(try await door.ask(get("/t/acme/stats", other)).status == 403)
            #expect(try await door.ask(get("/t/acme/stats")).status == 401)
            let delete = { (headers: String) in "DELETE /t/acme/stats HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n" }
            #expect(try await door.ask(delete(reader)).status == 403)
            #expect(try await stats(door, "", reader)["statements"].int == 1)
            #expect(try await door.ask(delete(writer)).status == 204)
            let anew = try await stats(door, "", reader)
            #expect(anew["statements"].int == 0 && anew["top"].count == 0 && anew["latencyMS"]["max"].double == 0)
        }
    }

    @Test func `totals outlive a closed tenant, and cursors count what they ran`() async throws {
        let house = try await HranaHouse(
            schema:
                "CREATE TABLE t(id INTEGER PRIMARY KEY, v); WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 10) INSERT INTO t(v) SELECT i FROM c"
        ) {
            settings, _ in settings.openTenants = 8
        }
        try await HranaDoor.open(house: house) { door in
            let cursor = try await door.ask(post("/t/acme/v3/cursor", HranaDoor.cursor("SELECT * FROM t")))
            #expect(cursor.status == 200)
            let before = try await stats(door)
            #expect(before["rowsRead"].int == 9 && before["statements"].int == 1, "\(before)")
            for number in 0..<40 {
                let other = TenantID(5_000 + UInt64(number))
                try await house.create(other)
                _ = try await house.engine.perform(on: other) { $0.bookmark }
            }
            var after = before
            for _ in 0..<200 {
                after = try await stats(door)
                if after["latencyMS"]["max"].double == 0 { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(after["statements"].int == 1 && after["since"].string == before["since"].string, "\(after)")
        }
    }
}
