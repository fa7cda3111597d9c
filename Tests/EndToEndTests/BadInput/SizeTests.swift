import Foundation
import Processes
import Testing

/// Too much of everything: each bound says so, and the server's memory stays bounded.
@Suite(.serialized) struct SizeTests {
    private static func many(_ count: Int, _ text: String) -> String {
        Array(repeating: text, count: count).joined(separator: ",")
    }

    @Test func `heads and bodies are bounded`() throws {
        let siege = try Siege(["--set", "limits.body-size=1MiB", "--set", "limits.sql-size=64KiB"])
        let filler = String(repeating: "x", count: 70_000)
        try siege.put([
            Bad("a header", Raw.get("/t/acme/v3", "X: \(filler)\r\n"), 431, .control("head_too_large"), ends: true),
            Bad("a target", Raw.get("/t/acme/v3?\(filler)"), 431, .control("head_too_large"), ends: true),
            Bad(
                "headers", Raw.get("/t/acme/v3", String(repeating: "a: b\r\n", count: 200)), 431,
                .control("head_too_large"),
                ends: true),
        ])
        let large = "{\"requests\":[\(Raw.delete)]" + String(repeating: " ", count: 2 << 20) + "}"
        let chunk = String(large.utf8.count, radix: 16) + "\r\n" + large + "\r\n0\r\n\r\n"
        for (target, form) in [
            ("/t/acme/v3/pipeline", Bad.Form.data("BODY_TOO_LARGE")), ("/v1/tenants", .control("body_too_large")),
        ] {
            let head = Raw.get(target, "Transfer-Encoding: chunked\r\n", method: "POST")
            try siege.put([
                Bad("\(target) with a length", Raw.post(target, large), 413, form),
                Bad("\(target) in chunks", head + chunk, 413, form),
                Bad(
                    "\(target) announced", Raw.get(target, "Content-Length: 99999999999\r\n", method: "POST"), 413,
                    form,
                    ends: true),
            ])
        }
        try siege.expectUntouched()
    }

    @Test func `programs are bounded`() throws {
        let siege = try Siege(["--set", "limits.sql-size=64KiB"])
        let comment = "DELETE FROM t -- " + String(repeating: "x", count: 65_536)
        let deep = String(repeating: #"{"type":"not","cond":"#, count: 20_000)
        let programs = [
            "sql": "{\"requests\":[\(Raw.delete),{\"type\":\"execute\",\"stmt\":{\"sql\":\"\(comment)\"}}]}",
            "a script": "{\"requests\":[{\"type\":\"sequence\",\"sql\":\"\(comment)\"}]}",
            "arguments":
                "{\"requests\":[\(Raw.delete),{\"type\":\"execute\",\"stmt\":{\"sql\":\"SELECT 1\",\"args\":["
                + Self.many(32_767, #"{"type":"null"}"#) + "]}}]}",
            "requests": "{\"requests\":[\(Self.many(10_001, Raw.delete))]}",
            "steps":
                "{\"requests\":[{\"type\":\"batch\",\"batch\":{\"steps\":["
                + Self.many(10_001, #"{"stmt":{"sql":"DELETE FROM t"}}"#) + "]}}]}",
            "conditions":
                "{\"requests\":[\(Raw.delete),{\"type\":\"batch\",\"batch\":{\"steps\":[{\"stmt\":{\"sql\":\"SELECT 1\"},"
                + "\"condition\":\(deep)",
            "brackets": "{\"requests\":[\(Raw.delete)],\"x\":" + String(repeating: "[", count: 100_000),
        ]
        try siege.put(programs.map { Bad($0.key, Raw.pipeline($0.value), 400, .plain) })
        try siege.put([
            Bad(
                "cursor sql",
                Raw.post("/t/acme/v3/cursor", "{\"batch\":{\"steps\":[{\"stmt\":{\"sql\":\"\(comment)\"}}]}}"), 400,
                .plain),
            Bad("version 1 sql", Raw.post("/t/acme/v1/execute", "{\"stmt\":{\"sql\":\"\(comment)\"}}"), 400, .plain),
        ])
        try siege.expectUntouched()
    }

    @Test func `results, statements and transactions are bounded`() throws {
        let siege = try Siege(["--set", "limits.result-size=64KiB", "--set", "limits.transaction-size=1MiB"])
        let endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)"
        let cases: [(String, String)] = [
            ("\(endless) SELECT n FROM c", "RESPONSE_TOO_LARGE"),
            ("SELECT zeroblob(1000000)", "RESPONSE_TOO_LARGE"),
            ("SELECT hex(zeroblob(30000)), hex(zeroblob(30000))", "RESPONSE_TOO_LARGE"),
            ("SELECT length(zeroblob(1000000000))", "SQLITE_TOOBIG"),
            ("\(endless) SELECT max(n) FROM c", "DEADLINE_EXCEEDED"),
            ("INSERT INTO t (v) \(endless) SELECT hex(randomblob(500)) FROM c LIMIT 10000", "TRANSACTION_TOO_LARGE"),
            (
                "SELECT " + String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000),
                "SQL_PARSE_ERROR"
            ),
        ]
        for (sql, code) in cases {
            let wire = try siege.connect()
            let answer = try wire.send(
                "POST", "/t/acme/v3/pipeline",
                HranaText.pipeline([HranaText.execute(sql), HranaText.execute("SELECT 1")]),
                headers: ["Rowhouse-Timeout": "1000"])
            #expect(answer.status == 200 && answer.errorCode() == code, "\(sql.prefix(80)): \(answer.text.prefix(300))")
        }
        try siege.put(
            ["0", "-1", "x", "1.5", "300001", "", "99999999999999999999"].map {
                Bad("timeout \($0)", Raw.pipeline(Raw.select, "Rowhouse-Timeout: \($0)\r\n"), 400, .data("BAD_REQUEST"))
            })
        try siege.put([
            Bad("bookmark", Raw.pipeline(Raw.select, "Rowhouse-Bookmark: x\r\n"), 400, .data("BAD_REQUEST")),
            Bad(
                "key beside a stream that stays open",
                Raw.post(
                    "/t/acme/v3/pipeline", HranaText.pipeline([HranaText.execute("SELECT 1")], close: false),
                    "Idempotency-Key: x\r\n"), 400, .data("IDEMPOTENCY_NOT_POSSIBLE")),
            Bad("claim", Raw.pipeline(Raw.select, "Rowhouse-Claim: x\r\n"), 400, .data("BAD_REQUEST")),
        ])
        try siege.expectUntouched()
    }

    /// Bodies that hang in the air are bounded all together, and so is what floods of rows and of requests take.
    @Test func `the server's memory is bounded`() throws {
        let siege = try Siege([
            "--set", "limits.body-memory=48MiB", "--set", "limits.body-size=32MiB", "--set", "limits.result-size=16MiB",
        ])
        let before = try siege.peakMemory()
        let piece = [UInt8](repeating: 32, count: 24 << 20)
        let head = Raw.get("/t/acme/v3/pipeline", "Content-Length: \(piece.count + 1)\r\n", method: "POST")
        let wires = try (0..<8).map { _ in try siege.connect() }
        for wire in wires { try wire.write(Array(head.utf8) + piece) }
        for wire in wires { try wire.write([32]) }
        let statuses = try wires.map { try $0.read().status }
        #expect(statuses.contains(503) && Set(statuses).isSubset(of: [400, 503]), "\(statuses)")
        // Rows that nobody reads: the answer waits where it is made.
        let rows =
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 200) SELECT zeroblob(1000000) FROM c"
        let cursor = "{\"batch\":{\"steps\":[{\"stmt\":{\"sql\":\"\(rows)\"}}]}}"
        let unread = try (0..<4).map { _ in try siege.connect() }
        for wire in unread { try wire.write(Array(Raw.post("/t/acme/v3/cursor", cursor).utf8)) }
        // Requests sent ahead, whose answers nobody reads.
        let eager = try siege.connect()
        let ahead = Array(String(repeating: Raw.pipeline(Raw.select), count: 5000).utf8)
        DispatchQueue.global().async { try? eager.write(ahead) }
        usleep(500_000)
        let grown = try siege.peakMemory() - before
        #expect(grown < 300 << 20, "\(grown >> 20) MiB more")
        eager.endWriting()
        try siege.expectUntouched()
    }
}
