import Foundation
import Processes
import Testing

/// Claims as an application uses them: reserve, write, confirm.
@Suite(.serialized) struct ClaimTests {
    private func code(_ answer: Wire.Answer) -> String {
        if let text = answer.object["code"] as? String { return text.lowercased() }
        return (answer.object["error"] as? [String: Any])?["code"] as? String ?? "\(answer.status)"
    }

    private func reserve(_ wire: Wire, _ value: String, _ tenant: String, ttl: String = "30s") throws -> Wire.Answer {
        try wire.send("PUT", "/v1/claims/slug/\(value)", "{\"tenant\":\"\(tenant)\",\"ttl\":\"\(ttl)\"}")
    }

    private func token(_ wire: Wire, _ value: String, _ tenant: String, ttl: String = "30s") throws -> String {
        let answer = try reserve(wire, value, tenant, ttl: ttl)
        #expect(answer.status == 201, "\(answer.text)")
        return answer.object["token"] as? String ?? ""
    }

    private func confirm(_ wire: Wire, _ value: String, _ token: String) throws -> Wire.Answer {
        try wire.send("PUT", "/v1/claims/slug/\(value)", "{\"token\":\"\(token)\",\"confirm\":true}")
    }

    private func write(_ wire: Wire, _ tenant: String, _ value: String, _ token: String) throws -> Wire.Answer {
        try wire.send(
            "POST", "/t/\(tenant)/query", "{\"sql\":\"INSERT INTO s VALUES ('\(value)')\"}",
            headers: ["Rowhouse-Claim": token])
    }

    private func make(_ wire: Wire, _ tenants: String...) throws {
        for tenant in tenants {
            #expect(try wire.send("POST", "/v1/tenants", "{\"key\":\"\(tenant)\"}").status == 201)
            #expect(try wire.send("POST", "/t/\(tenant)/query", #"{"sql":"CREATE TABLE s (v)"}"#).status == 200)
        }
    }

    private func slugs(_ wire: Wire, _ tenant: String) throws -> [String] {
        let answer = try wire.send("POST", "/t/\(tenant)/query", #"{"sql":"SELECT v FROM s ORDER BY v"}"#)
        return (answer.object["rows"] as? [[Any]] ?? []).compactMap { $0.first as? String }
    }

    /// Until the sweeper has been there.
    private func state(_ wire: Wire, _ value: String, becomes wanted: String?) throws -> Bool {
        for _ in 0..<300 {
            let answer = try wire.send("GET", "/v1/claims/slug/\(value)")
            if answer.object["state"] as? String == wanted { return true }
            usleep(100_000)
        }
        return false
    }

    @Test func `reserve, write, confirm, release, through either node`() throws {
        let pair = try Pair()
        let (first, second) = (try Wire(port: pair.first.port), try Wire(port: pair.second.port))
        try make(first, "a", "b", "c", "d")
        for (number, tenant) in ["a", "b", "c", "d"].enumerated() {
            let other = tenant == "a" ? "b" : "a"
            let one = try token(first, "x\(number)", tenant)
            #expect(code(try reserve(second, "x\(number)", other)) == "claim_taken")
            #expect(code(try confirm(second, "x\(number)", one)) == "claim_not_written")
            #expect(try write(second, tenant, "x\(number)", one).status == 200)
            let confirmed = try confirm(second, "x\(number)", one)
            #expect(confirmed.status == 200 && confirmed.object["state"] as? String == "confirmed", "\(confirmed.text)")
            #expect(confirmed.object["tenant"] as? String == tenant && !confirmed.text.contains("rh_claim_"))
            #expect(code(try reserve(second, "x\(number)", other)) == "claim_taken")
            #expect(code(try confirm(first, "x\(number)", token(first, "y\(number)", tenant))) == "claim_taken")
            #expect(try second.send("DELETE", "/v1/claims/slug/x\(number)?token=\(one)").status == 204)
            #expect(code(try write(second, tenant, "x\(number)", one)) == "claim_expired")
            #expect(code(try confirm(first, "x\(number)", one)) == "claim_expired")
            _ = try token(first, "x\(number)", other)
        }
        #expect(try slugs(second, "d") == ["x3"])
        let listed = try second.send("GET", "/v1/claims?tenant=d").object["items"] as? [[String: Any]] ?? []
        #expect(listed.compactMap { $0["value"] as? String } == ["y3"])
        #expect(code(try first.send("PUT", "/v1/claims/email/x@y.z", #"{"tenant":"a"}"#)) == "forbidden")
        #expect(code(try first.send("PUT", "/v1/claims/slug/%00", #"{"tenant":"a"}"#)) == "bad_request")
        #expect(code(try reserve(first, "z", "none")) == "tenant_not_found")
        #expect(code(try reserve(first, "z", "a", ttl: "25h")) == "bad_request")
        // A slash and what no ASCII has are values like others; the same key gives the same token again.
        let body = #"{"tenant":"a"}"#
        let once = try first.send("PUT", "/v1/claims/slug/a%2Fb%C3%A9", body, headers: ["Idempotency-Key": "k"])
        let again = try second.send("PUT", "/v1/claims/slug/a%2Fb%C3%A9", body, headers: ["Idempotency-Key": "k"])
        #expect(once.status == 201 && again.status == 201 && once.body == again.body, "\(again.text)")
        #expect(once.object["value"] as? String == "a/bé")
        let audit = try AuditTests.entries(first, "&tenant=d").map(\.action)
        #expect(audit.contains("claim.confirm") && audit.contains("claim.release") && audit.contains("claim.reserve"))
    }

    @Test func `what expires is settled: a write keeps it, none frees it, and a late write is refused`() throws {
        let pair = try Pair()
        let (first, second) = (try Wire(port: pair.first.port), try Wire(port: pair.second.port))
        try make(first, "a", "b", "c")
        var lostTokens: [String: String] = [:]
        for tenant in ["a", "b", "c"] {
            let kept = try token(first, "kept-\(tenant)", tenant, ttl: "2s")
            lostTokens[tenant] = try token(first, "lost-\(tenant)", tenant, ttl: "1s")
            #expect(try write(second, tenant, "kept-\(tenant)", kept).status == 200)
        }
        for (tenant, lost) in lostTokens {
            #expect(try state(second, "kept-\(tenant)", becomes: "confirmed"))
            #expect(try state(second, "lost-\(tenant)", becomes: nil))
            #expect(code(try write(second, tenant, "lost-\(tenant)", lost)) == "claim_expired")
            #expect(try slugs(first, tenant) == ["kept-\(tenant)"])
        }
        // Nobody has to wait for the sweeper.
        for (number, (wire, tenant)) in [(first, "a"), (second, "b"), (first, "a")].enumerated() {
            if number > 0 { usleep(1_050_000) }
            #expect(try reserve(wire, "fast", tenant, ttl: "1s").status == 201)
        }
    }

    @Test func `every call that writes carries claims, all or nothing`() throws {
        let server = try ServerProcess()
        let wire = try Wire(port: server.port)
        try make(wire, "a")
        func tokens(_ prefix: String, _ count: Int) throws -> [String] {
            try (0..<count).map { try token(wire, "\(prefix)\($0)", "a") }
        }
        func send(_ path: String, _ body: String, _ tokens: [String]) throws -> Wire.Answer {
            try wire.send("POST", "/t/a/\(path)", body, headers: ["Rowhouse-Claim": tokens.joined(separator: ", ")])
        }
        let eight = try tokens("p", 8)
        let program = HranaText.pipeline([HranaText.execute("INSERT INTO s VALUES ('p')")])
        #expect(try send("v3/pipeline", program, eight).status == 200)
        for (number, token) in eight.enumerated() { #expect(try confirm(wire, "p\(number)", token).status == 200) }
        let nine = try tokens("n", 9)
        #expect(try send("v3/pipeline", program, nine).status == 400)
        #expect(try send("v3/pipeline", program, ["rh_claim_x"]).status == 400)
        // Made-up ones, and another tenant's, are no tokens here.
        try make(wire, "other")
        let foreign = try token(wire, "foreign", "other")
        for bad in ["rh_claim_" + String(repeating: "A", count: 43), "rh_claim_f" + nine[0].dropFirst(10), foreign] {
            for (path, body) in [("v3/pipeline", program), ("query", #"{"sql":"SELECT 1"}"#)] {
                let refused = try send(path, body, [nine[0], bad])
                #expect(refused.status == 400 && refused.text.contains("Rowhouse-Claim"), "\(refused.text)")
            }
        }
        // None is held for a part of what it is to stand for.
        let half =
            #"{"batch":{"steps":[{"stmt":{"sql":"INSERT INTO s VALUES ('half')"}},{"stmt":{"sql":"INSERT INTO none VALUES (1)"}}]}}"#
        let insert = HranaText.execute("INSERT INTO s VALUES ('half')")
        let halves = [
            ("v1/batch", half),
            (
                "v3/pipeline",
                HranaText.pipeline([
                    HranaText.execute("BEGIN"), insert, HranaText.execute("COMMIT"),
                    HranaText.execute("SELECT * FROM none"),
                ])
            ),
        ]
        for (path, body) in halves {
            let refused = try send(path, body, [nine[0]])
            #expect(refused.status == 400 && code(refused) == "sql_error", "\(path): \(refused.text)")
            #expect(code(try confirm(wire, "n0", nine[0])) == "claim_not_written")
        }
        #expect(try !slugs(wire, "a").contains("half"))
        let batch = #"{"batch":{"steps":[{"stmt":{"sql":"INSERT INTO s VALUES ('b')"}}]}}"#
        #expect(try send("v1/batch", batch, [nine[0]]).status == 200)
        #expect(try send("v1/execute", #"{"stmt":{"sql":"INSERT INTO s VALUES ('e')"}}"#, [nine[1]]).status == 200)
        for number in 0..<2 { #expect(try confirm(wire, "n\(number)", nine[number]).status == 200) }
        // A statement that fails takes its tokens with it.
        #expect(try send("query", #"{"sql":"INSERT INTO none VALUES (1)"}"#, [nine[2]]).status == 400)
        #expect(code(try confirm(wire, "n2", nine[2])) == "claim_not_written")
        #expect(
            try send("v3/pipeline", HranaText.pipeline([HranaText.execute("INSERT INTO none VALUES (1)")]), [nine[2]])
                .status == 200)
        #expect(code(try confirm(wire, "n2", nine[2])) == "claim_not_written")
        // One that is refused takes the write with it, and the others.
        #expect(try wire.send("DELETE", "/v1/claims/slug/n3?token=\(nine[3])").status == 204)
        let before = try slugs(wire, "a").count
        #expect(
            code(try send("query", #"{"sql":"INSERT INTO s VALUES ('no')"}"#, [nine[4], nine[3]])) == "claim_expired")
        let refused = try send("v3/pipeline", program, [nine[4], nine[3]])
        #expect(refused.status == 409 && code(refused) == "claim_expired", "\(refused.text)")
        #expect(try slugs(wire, "a").count == before)
        #expect(code(try confirm(wire, "n4", nine[4])) == "claim_not_written")
        // The table is the server's.
        for sql in ["SELECT * FROM _rowhouse_claims", "DELETE FROM _rowhouse_claims"] {
            #expect(try wire.send("POST", "/t/a/query", "{\"sql\":\"\(sql)\"}").status == 400)
        }
        #expect(try wire.send("GET", "/t/a/snapshot", headers: ["Rowhouse-Claim": nine[5]]).status == 400)
    }

    @Test func `tokens stay known over VACUUM, an upload, a move and a kill, and are in no snapshot`() throws {
        let pair = try Pair()
        let first = try Wire(port: pair.first.port)
        try make(first, "a")
        let held = try token(first, "held", "a", ttl: "10m")
        let gone = try token(first, "gone", "a", ttl: "10m")
        #expect(try write(first, "a", "held", held).status == 200)
        #expect(try first.send("DELETE", "/v1/claims/slug/gone?token=\(gone)").status == 204)
        #expect(
            try first.send("POST", "/t/a/v3/pipeline", HranaText.pipeline([HranaText.execute("VACUUM")])).status == 200)
        let snapshot = try first.send("GET", "/t/a/snapshot")
        #expect(snapshot.status == 200 && snapshot.body.firstRange(of: Array("_rowhouse".utf8)) == nil)
        let path = NSTemporaryDirectory() + "rowhouse-claims-" + UUID().uuidString + ".sqlite"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(snapshot.body).write(to: URL(fileURLWithPath: path))
        let upload = try Command.run("curl", ["-sf", "-T", path, "\(pair.first.url)/t/a/snapshot"])
        #expect(upload.status == 0, "\(upload.output)")
        func check(_ wire: Wire) throws {
            #expect(code(try write(wire, "a", "gone", gone)) == "claim_expired")
            #expect(try confirm(wire, "held", held).status == 200)
        }
        try check(first)
        try pair.move("a", to: try pair.owner("a") == "n1" ? "n2" : "n1")
        try check(first)
        pair.first.kill()
        pair.second.kill()
        try pair.first.start()
        try pair.second.start()
        try check(try Wire(port: pair.second.port))
    }

    @Test func `a deleted tenant keeps its claims until it is purged`() throws {
        let server = try ServerProcess()
        let wire = try Wire(port: server.port)
        try make(wire, "a", "b")
        let one = try token(wire, "x", "a", ttl: "1s")
        #expect(try wire.send("DELETE", "/v1/tenants/a").status == 202)
        usleep(3_500_000)
        #expect(code(try reserve(wire, "x", "b")) == "claim_taken")
        #expect(try wire.send("POST", "/v1/tenants/a/undelete").status == 200)
        #expect(try state(wire, "x", becomes: nil))
        #expect(code(try write(wire, "a", "x", one)) == "claim_expired")
        _ = try token(wire, "y", "a")
        #expect(try wire.send("DELETE", "/v1/tenants/a?purge=true").status == 204)
        _ = try token(wire, "y", "b")
    }

    /// What one round of the kills below was answered.
    private struct Round {
        let number: Int
        var wrote = false

        var value: String { "v\(number)" }
    }

    /// Killed at the nth sync of its journal, for each n until all of it has passed. Each start looks what the one before has left.
    @Test func `a kill anywhere between reserving and confirming loses nothing and doubles nothing`() throws {
        let server = try ServerProcess()
        try make(try Wire(port: server.port), "a", "b")
        let armed = server.directory + ".armed"
        defer { try? FileManager.default.removeItem(atPath: armed) }
        var last: Round?
        var isOver = false
        for nth in 1...31 {
            server.kill()
            try? FileManager.default.removeItem(atPath: armed)
            let effect = nth % 3 == 0 ? ":after" : nth % 3 == 1 ? "" : ":lose"
            server.environment = [
                "ROWHOUSE_FAILPOINT": "journal-sync:\((nth + 2) / 3)\(effect)", "ROWHOUSE_FAILPOINT_ARMED_BY": armed,
            ]
            try server.start()
            if let last { try check(last, at: server) }
            if isOver { break }
            let wire = try Wire(port: server.port)
            _ = FileManager.default.createFile(atPath: armed, contents: nil)
            var round = Round(number: nth)
            do {
                let one = try reserve(wire, round.value, "a", ttl: "1s").object["token"] as? String ?? ""
                round.wrote = try write(wire, "a", round.value, one).status == 200
                _ = try confirm(wire, round.value, one)
                isOver = server.isRunning && nth > 9
            } catch {}
            last = round
        }
        #expect(isOver)
    }

    private func check(_ round: Round, at server: ServerProcess) throws {
        let (value, nth) = (round.value, round.number)
        let fresh = try Wire(port: server.port)
        // Settled by the sweeper, or, which is sooner, by whoever wants the value.
        var taken = false
        for _ in 0..<200 {
            taken = try nth % 4 != 0 && reserve(fresh, value, "b", ttl: "1s").status == 201
            if taken { break }
            if try fresh.send("GET", "/v1/claims/slug/\(value)").object["state"] as? String != "reserved" { break }
            usleep(50_000)
        }
        let isWritten = try slugs(fresh, "a").contains(value)
        let state = try fresh.send("GET", "/v1/claims/slug/\(value)").object["state"] as? String
        #expect(!round.wrote || isWritten, "an acknowledged write was lost at \(nth)")
        guard !taken else {
            #expect(!isWritten, "at \(nth)")
            return
        }
        #expect(isWritten == (state == "confirmed"), "at \(nth): written \(isWritten), \(state ?? "free")")
        #expect(try reserve(fresh, value, "b", ttl: "1s").status == (isWritten ? 409 : 201), "at \(nth)")
    }

    /// Claimants of both tenants race for each value through both nodes, of which one is killed in each round.
    @Test func `nodes are killed while many claim: each value is nobody's or one tenant's whose write is there`() throws
    {
        let pair = try Pair()
        let wire = try Wire(port: pair.first.port)
        try make(wire, "a", "b", "c")
        let tenants = ["a", "b", "c"]
        let ports = [pair.first.port, pair.second.port]
        let written = Locked<[(tenant: String, value: String)]>([])
        let lock = NSLock()
        for round in 0..<4 {
            let group = DispatchGroup()
            let isOver = Locked(false)
            for (number, tenant) in tenants.enumerated() {
                group.enter()
                Thread {
                    defer { group.leave() }
                    for turn in 0..<1000 where !isOver.value {
                        let value = "r\(round)-\(turn)"
                        guard let wire = try? Wire(port: ports[(number + turn) % 2]),
                            let one = try? self.reserve(wire, value, tenant, ttl: "2s").object["token"] as? String
                        else {
                            usleep(20_000)
                            continue
                        }
                        // Every third claimant forgets to write, and every fourth to confirm.
                        if turn % 3 == number { continue }
                        guard let other = try? Wire(port: ports[(number + turn + 1) % 2]),
                            (try? self.write(other, tenant, value, one).status) == 200
                        else { continue }
                        lock.withLock { written.set(written.value + [(tenant, value)]) }
                        if turn % 4 != number { _ = try? self.confirm(wire, value, one) }
                    }
                }.start()
            }
            usleep(UInt32(300_000 + 150_000 * round))
            let victim = round % 2 == 0 ? pair.second : pair.first
            victim.kill()
            usleep(200_000)
            try victim.start()
            usleep(300_000)
            isOver.set(true)
            group.wait()
        }
        let after = try Wire(port: pair.first.port)
        var claims: [String: (tenant: String, state: String)] = [:]
        for _ in 0..<300 {
            claims = [:]
            var cursor = ""
            repeat {
                let page = try after.send("GET", "/v1/claims?limit=1000\(cursor)").object
                for item in page["items"] as? [[String: Any]] ?? [] {
                    claims[item["value"] as? String ?? ""] = (
                        item["tenant"] as? String ?? "", item["state"] as? String ?? ""
                    )
                }
                cursor = (page["next"] as? String).map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            if claims.values.allSatisfy({ $0.state == "confirmed" }) { break }
            usleep(100_000)
        }
        #expect(claims.values.allSatisfy { $0.state == "confirmed" })
        var holders: [String: [String]] = [:]
        for tenant in tenants {
            for value in Set(try slugs(after, tenant)) { holders[value, default: []].append(tenant) }
        }
        for (value, tenants) in holders {
            #expect(
                tenants.count == 1 && claims[value]?.tenant == tenants[0],
                "\(value): \(tenants), \(claims[value]?.tenant ?? "free")")
        }
        for value in claims.keys { #expect(holders[value] != nil, "\(value) is claimed and not written") }
        for one in written.value { #expect(holders[one.value] == [one.tenant], "\(one)") }
        #expect(written.value.count > 20)
        print("\(written.value.count) writes under claims, \(claims.count) claims, \(holders.count) values")
    }

    @Test func `the command line does it`() throws {
        let server = try ServerProcess()
        let wire = try Wire(port: server.port)
        try make(wire, "a")
        func run(_ arguments: String...) throws -> (status: Int32, output: String) {
            try Command.run(ServerProcess.binary, ["claim"] + arguments + ["--url", server.url])
        }
        let made = try run("reserve", "slug", "x", "a", "--ttl", "1m")
        let token = made.output.split(separator: "\n").first.map(String.init) ?? ""
        #expect(made.status == 0 && token.hasPrefix("rh_claim_"), "\(made.output)")
        #expect(try run("reserve", "slug", "x", "a").status == 4)
        #expect(try run("confirm", "slug", "x", token).status == 4)
        #expect(try write(wire, "a", "x", token).status == 200)
        #expect(try run("confirm", "slug", "x", token).status == 0)
        #expect(try run("list", "--tenant", "a").output.contains("confirmed"))
        #expect(try run("show", "slug", "x").output.contains("confirmed"))
        #expect(try run("release", "slug", "x", token).status == 0)
        #expect(try run("show", "slug", "x").status == 3)
    }
}
