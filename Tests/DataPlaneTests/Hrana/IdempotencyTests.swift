import Access
import DataPlane
import Foundation
import Tenants
import Testing
import Vocabulary

/// Hrana's calls under an `Idempotency-Key`, from the socket to the engine and back.
@Suite struct IdempotencyTests {
    private static let insert = "INSERT INTO t(v) VALUES (random()) RETURNING v"

    private func batch(_ steps: [String], key: String = "k") -> String {
        post(
            "/t/acme/v1/batch", #"{"batch":{"steps":[\#(steps.joined(separator: ","))]}}"#,
            "Idempotency-Key: \(key)\r\n")
    }

    private func pipeline(_ requests: [String], key: String = "k", baton: String = "null", _ headers: String = "")
        -> String
    {
        post(
            "/t/acme/v3/pipeline", #"{"baton":\#(baton),"requests":[\#(requests.joined(separator: ","))]}"#,
            "Idempotency-Key: \(key)\r\n" + headers)
    }

    private func step(_ sql: String, _ condition: String = "") -> String {
        #"{"stmt":{"sql":\#(HranaHouse.quoted(sql))}\#(condition.isEmpty ? "" : ",\"condition\":\(condition)")}"#
    }

    private func ok(_ step: Int) -> String { #"{"type":"ok","step":\#(step)}"# }
    private func run(_ sql: String) -> String { HranaHouse.execute(sql) }
    private func script(_ sql: String) -> String { #"{"type":"sequence","sql":\#(HranaHouse.quoted(sql))}"# }
    private static let close = #"{"type":"close"}"#
    private static let autocommit = #"{"type":"get_autocommit"}"#

    private func count(_ door: HranaDoor) async throws -> String? {
        let answer = try await door.ask(post("/t/acme/query", #"{"sql": "SELECT 'n=' || count(*) FROM t"}"#))
        return JSON(answer.body)["rows"][0][0].string
    }

    // MARK: Done once

    @Test func `a statement, a batch and a pipeline are done once each and answered again with the same`() async throws
    {
        try await HranaDoor.open { door in
            let statement = #"{"stmt":{"sql":"\#(Self.insert)"}}"#
            let transaction = [
                step("BEGIN"), step(Self.insert, ok(0)), step(Self.insert, ok(1)), step("COMMIT", ok(2)),
                step("ROLLBACK", #"{"type":"not","cond":\#(ok(3))}"#),
            ]
            let asked = [
                post("/t/acme/v1/execute", statement, "Idempotency-Key: a\r\n"),
                batch([step(Self.insert), step("SELECT 1"), step(Self.insert)], key: "b"),
                batch(transaction, key: "c"),
                pipeline([run(Self.insert), run("SELECT count(*) FROM t"), Self.close], key: "d"),
                pipeline([script("BEGIN; \(Self.insert); /* both */ \(Self.insert); COMMIT"), Self.close], key: "e"),
            ]
            for (index, request) in asked.enumerated() {
                let first = try await door.ask(request)
                let again = try await door.ask(request)
                #expect(first.status == 200 && again.status == 200, "\(index): \(first) \(again)")
                #expect(
                    first.body == again.body && !first.body.contains("message"), "\(index): \(first.body) \(again.body)"
                )
                #expect(first.headers["content-type"] == again.headers["content-type"])
                #expect(first.headers["rowhouse-bookmark"] == again.headers["rowhouse-bookmark"])
            }
            #expect(try await count(door) == "n=8")
        }
    }

    @Test func `a transaction looks to its caller as it does without a key`() async throws {
        try await HranaDoor.open { door in
            let requests = [
                Self.autocommit, run("BEGIN"), Self.autocommit, run("INSERT INTO t(v) VALUES (1)"), run("BEGIN"),
                run("SAVEPOINT s"), run("INSERT INTO t(v) VALUES (2)"), run("ROLLBACK TO s"), run("COMMIT"),
                Self.autocommit, run("SELECT count(*) FROM t"), run("COMMIT"), run("ROLLBACK"), Self.close,
            ]
            let plain = try await door.ask(
                post("/t/acme/v3/pipeline", #"{"requests":[\#(requests.joined(separator: ","))]}"#))
            _ = try await door.ask(post("/t/acme/query", #"{"sql": "DELETE FROM t"}"#))
            let keyed = try await door.ask(pipeline(requests))
            let masked = { (text: String) in
                text.replacingOccurrences(of: #""query_duration_ms":[0-9.]+"#, with: "", options: .regularExpression)
            }
            // Two BEGINs are one too many to be sure of: without the second the two are alike in every byte.
            #expect(keyed.status == 400, "\(keyed)")
            let sure = requests[..<4] + requests[5...]
            let again = try await door.ask(
                post("/t/acme/v3/pipeline", #"{"requests":[\#(sure.joined(separator: ","))]}"#))
            _ = try await door.ask(post("/t/acme/query", #"{"sql": "DELETE FROM t"}"#))
            let once = try await door.ask(pipeline(Array(sure)))
            #expect(masked(once.body) == masked(again.body), "\(once.body)\n\(again.body)")
            #expect(plain.status == 200 && once.status == 200)
            #expect(try await count(door) == "n=1")
        }
    }

    @Test func `of many at once under one key one is done`() async throws {
        try await HranaDoor.open { door in
            let request = pipeline([run("INSERT INTO t(v) VALUES (1) RETURNING id"), Self.close])
            let bodies = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await door.ask(request).body } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(bodies).count == 1 && bodies[0].contains(#""value":"1""#), "\(Set(bodies))")
            #expect(try await count(door) == "n=1")
        }
    }

    @Test func `another request under the key is a mismatch, as is another call`() async throws {
        try await HranaDoor.open { door in
            let body = #"{"batch":{"steps":[\#(step(Self.insert))]},"requests":[\#(run(Self.insert)),\#(Self.close)]}"#
            #expect(try await door.ask(post("/t/acme/v1/batch", body, "Idempotency-Key: k\r\n")).status == 200)
            for other in [batch([step("SELECT 1")]), post("/t/acme/v3/pipeline", body, "Idempotency-Key: k\r\n")] {
                let answer = try await door.ask(other)
                #expect(answer.status == 422 && answer.headers["content-type"] == "application/json", "\(answer)")
                let error = JSON(answer.body)
                #expect(error["code"].string == "IDEMPOTENCY_MISMATCH")
                #expect(error["message"].string == error["error"].string && error["message"].string != nil)
            }
            #expect(try await count(door) == "n=1")
        }
    }

    @Test func `who may only read by now is told what was done before`() async throws {
        let tokens = try Tokens()
        try await HranaDoor.open(authenticator: tokens.authenticator) { door in
            let writer = "Authorization: Bearer \(try tokens.make(HranaHouse.tenant, "acme", .write))\r\n"
            let reader = "Authorization: Bearer \(try tokens.make(HranaHouse.tenant, "acme", .read))\r\n"
            let query = { (sql: String, headers: String) in
                post("/t/acme/query", #"{"sql": "\#(sql)"}"#, "Idempotency-Key: q\r\n" + headers)
            }
            let before = try await door.ask(query(Self.insert, reader))
            #expect(before.status == 403, "\(before)")
            for request in [
                { query(Self.insert, $0) }, { pipeline([run(Self.insert), Self.close], $0) },
            ] as [(String) -> String] {
                let first = try await door.ask(request(writer))
                let again = try await door.ask(request(reader))
                #expect(first.status == 200 && again.status == 200, "\(first) \(again)")
                let result = { (text: String) in text.components(separatedBy: #","bookmark""#)[0] }
                #expect(result(first.body) == result(again.body))
            }
            #expect(try await door.ask(query("SELECT 1", reader)).status == 422)
            #expect(try await door.ask(pipeline([run("SELECT 1"), Self.close], key: "new", reader)).status == 200)
        }
    }

    // MARK: What cannot be done under a key

    @Test func `what could commit twice, or goes on afterwards, is refused with nothing done`() async throws {
        try await HranaDoor.open { door in
            let insert = run(Self.insert)
            let opened = try await door.ask(post("/t/acme/v3/pipeline", HranaDoor.pipeline("BEGIN")))
            let baton = "\"\(JSON(opened.body)["baton"].string ?? "")\""
            let transaction = [run("BEGIN"), insert, run("COMMIT")]
            let programs = [
                pipeline([insert]), pipeline([insert, insert, Self.close]),
                pipeline([insert, Self.close], baton: baton),
                pipeline(transaction + [insert, Self.close]), pipeline([insert] + transaction + [Self.close]),
                pipeline(transaction + transaction + [Self.close]), pipeline([run("VACUUM"), Self.close]),
                pipeline([run("SAVEPOINT s"), insert, run("RELEASE s"), Self.close]),
                pipeline([script("\(Self.insert); ; \(Self.insert)"), Self.close]),
                pipeline([script("BEGIN READONLY; COMMIT"), Self.close]),
                batch([step("BEGIN"), step(Self.insert), step("COMMIT"), step(Self.insert)]),
                // Told only as they run.
                pipeline([run("BEGIN"), run("ROLLBACK"), insert, run("COMMIT"), Self.close]),
                batch([step(Self.insert), step("INSERT OR ROLLBACK INTO t(id) SELECT id FROM t")]),
                post("/t/acme/v3/cursor", HranaDoor.cursor(Self.insert), "Idempotency-Key: k\r\n"),
            ]
            for (index, program) in programs.enumerated() {
                let answer = try await door.ask(program)
                #expect(answer.status == 400, "\(index): \(answer)")
                #expect(JSON(answer.body)["code"].string == "IDEMPOTENCY_NOT_POSSIBLE", "\(index): \(answer.body)")
            }
            let long = try await door.ask(batch([step("INSERT INTO t(v) VALUES (1) RETURNING zeroblob(70000)")]))
            #expect(long.status == 400 && JSON(long.body)["code"].string == "IDEMPOTENCY_NOT_POSSIBLE", "\(long)")
            #expect(try await count(door) == "n=0")
            // The stream that was named goes on.
            let on = post("/t/acme/v3/pipeline", #"{"baton":\#(baton),"requests":[\#(Self.autocommit)]}"#)
            #expect(try await door.ask(on).body.contains(#""is_autocommit":false"#))
        }
    }

    // MARK: Failures

    @Test func `what failed and changed nothing may be tried again`() async throws {
        try await HranaDoor.open { door in
            let add = "INSERT INTO t(id) SELECT max(id) FROM t WHERE id > 5"
            let requests = [
                batch([
                    step("BEGIN"), step(Self.insert), step("INSERT INTO t SELECT * FROM u"), step("COMMIT", ok(2)),
                    step("ROLLBACK", #"{"type":"not","cond":\#(ok(3))}"#),
                ]),
                pipeline([run("INSERT INTO t SELECT * FROM u"), Self.close], key: "p"),
                pipeline([run("BEGIN"), run(add), Self.close], key: "left open"),
            ]
            for request in requests { #expect(try await door.ask(request).status == 200) }
            #expect(try await count(door) == "n=0")
            _ = try await door.ask(post("/t/acme/query", #"{"sql": "CREATE TABLE u AS SELECT 7 id, 8 v"}"#))
            #expect(try await door.ask(requests[1]).body.contains(#""affected_row_count":1"#))
            #expect(try await door.ask(requests[1]).body.contains(#""affected_row_count":1"#))
            #expect(try await count(door) == "n=1")
            _ = try await door.ask(post("/t/acme/query", #"{"sql": "UPDATE u SET id = 9"}"#))
            let whole = try await door.ask(requests[0])
            #expect(!whole.body.contains("message"), "\(whole.body)")
            #expect(try await count(door) == "n=3")
        }
    }

    @Test func `a batch that failed in part is kept as it came out`() async throws {
        try await HranaDoor.open { door in
            let request = batch([
                step("INSERT INTO t(id) VALUES (1)"), step("INSERT INTO t(id) VALUES (1)"), step(Self.insert),
            ])
            let first = try await door.ask(request)
            let again = try await door.ask(request)
            #expect(first.status == 200 && first.body == again.body && first.body.contains("UNIQUE"), "\(first)")
            #expect(try await count(door) == "n=2")
        }
    }
}
