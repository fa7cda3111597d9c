import Foundation
import Processes
import Testing

/// `Idempotency-Key` on the control plane.
@Suite(.serialized) struct OnceTests {
    private func post(
        _ wire: Wire, _ path: String, _ body: String, key: String
    ) throws -> Wire.Answer {
        try wire.send("POST", path, body, headers: ["Idempotency-Key": key])
    }

    private func code(_ answer: Wire.Answer) -> String {
        (answer.object["error"] as? [String: Any])?["code"] as? String ?? "\(answer.status)"
    }

    @Test func `the same request is done once and answered the same, through either node and after kills`() throws {
        let pair = try Pair()
        let wires = [try Wire(port: pair.first.port), try Wire(port: pair.second.port)]
        let first = try post(wires[0], "/v1/tenants", #"{"key":"a"}"#, key: "k1")
        #expect(first.status == 201 && first.headers["location"] == "/v1/tenants/a")
        for wire in wires {
            let again = try post(wire, "/v1/tenants", #"{"key":"a"}"#, key: "k1")
            #expect(again.status == 201 && again.body == first.body && again.headers["location"] == "/v1/tenants/a")
            #expect(again.headers["rowhouse-request-id"] != first.headers["rowhouse-request-id"])
        }
        #expect(code(try post(wires[1], "/v1/tenants", #"{"key":"b"}"#, key: "k1")) == "idempotency_mismatch")
        #expect(code(try post(wires[0], "/v1/tenants/a/tokens", "{}", key: "k1")) == "idempotency_mismatch")
        #expect(code(try wires[0].send("POST", "/v1/tenants", #"{"key":"a"}"#)) == "tenant_exists")
        // A token is given again, and stands nowhere in the clear.
        let token = try post(wires[1], "/v1/tenants/a/tokens", #"{"expiresIn":"5m"}"#, key: "k2")
        #expect(token.status == 201)
        pair.first.kill()
        pair.second.kill()
        let secret = Data((token.object["token"] as? String ?? "none").utf8.suffix(40))
        for server in [pair.first, pair.second] {
            for path in FileManager.default.enumerator(atPath: server.directory)?.allObjects as? [String] ?? [] {
                let content = FileManager.default.contents(atPath: server.directory + "/" + path) ?? Data()
                #expect(content.range(of: secret) == nil, "\(path)")
            }
        }
        try pair.first.start()
        try pair.second.start()
        let again = try post(
            try Wire(port: pair.second.port), "/v1/tenants/a/tokens", #"{"expiresIn":"5m"}"#, key: "k2")
        #expect(again.body == token.body)
        let wire = try Wire(port: pair.first.port)
        #expect(try AuditTests.entries(wire, "&tenant=a").map(\.action).sorted() == ["tenant.create", "token.create"])
        for bad in ["", String(repeating: "x", count: 129), "k\u{E9}", "k 1"] {
            #expect(code(try post(wire, "/v1/tenants", #"{"key":"z"}"#, key: bad)) == "bad_request", "\(bad)")
        }
        // What was refused and did nothing may be tried again.
        #expect(code(try post(wire, "/v1/tenants", #"{"key":""}"#, key: "k3")) == "key_invalid")
        #expect(try post(wire, "/v1/tenants", #"{"key":"c"}"#, key: "k3").status == 201)
    }

    @Test func `of many equal requests at once one is done, and all are answered alike in the end`() throws {
        let pair = try Pair()
        let lock = NSLock()
        let wire = try Wire(port: pair.first.port)
        for value in 1...3 { _ = try wire.send("PUT", "/v1/flags/h", "{\"value\":\(value)}") }
        let begun = DispatchGroup()
        let versions = Locked<Set<Int>>([])
        for number in 0..<12 {
            begun.enter()
            Thread { [ports = [pair.first.port, pair.second.port]] in
                defer { begun.leave() }
                guard let wire = try? Wire(port: ports[number % 2]) else { return }
                for _ in 0..<400 {
                    guard let answer = try? self.post(wire, "/v1/flags/h/rollback", "{}", key: "h") else { return }
                    if self.code(answer) != "idempotency_in_progress" {
                        lock.withLock { versions.set(versions.value.union([answer.object["version"] as? Int ?? -1])) }
                        return
                    }
                    usleep(20_000)
                }
            }.start()
        }
        begun.wait()
        #expect(versions.value == [4])
        #expect(try wire.send("GET", "/v1/flags/h").object["version"] as? Int == 4)
    }

    /// What one round of the kills below was answered.
    private struct Round {
        let number: Int
        var tenant: Wire.Answer?
        var token: Wire.Answer?

        var body: String { "{\"key\":\"t\(number)\"}" }
    }

    /// Killed at the nth sync of its journal, for each n until all of it has passed. Each start repeats what the one before began.
    @Test func `a kill anywhere between doing and answering does not make it twice`() throws {
        let server = try ServerProcess()
        let armed = server.directory + ".armed"
        defer { try? FileManager.default.removeItem(atPath: armed) }
        var last: Round?
        var isOver = false
        for nth in 1...37 {
            server.kill()
            try? FileManager.default.removeItem(atPath: armed)
            let effect = ["", ":after", ":lose"][nth % 3]
            server.environment = [
                "ROWHOUSE_FAILPOINT": "journal-sync:\((nth + 2) / 3)\(effect)", "ROWHOUSE_FAILPOINT_ARMED_BY": armed,
            ]
            try server.start()
            if let last { try check(last, try Wire(port: server.port)) }
            if isOver { break }
            let wire = try Wire(port: server.port)
            _ = FileManager.default.createFile(atPath: armed, contents: nil)
            var round = Round(number: nth)
            round.tenant = try? post(wire, "/v1/tenants", round.body, key: "a\(nth)")
            round.token = try? post(wire, "/v1/tenants/t\(nth)/tokens", "{}", key: "b\(nth)")
            isOver = server.isRunning && nth > 9
            last = round
        }
        #expect(isOver)
    }

    private func check(_ round: Round, _ wire: Wire) throws {
        let nth = round.number
        // Nobody has to wait for what an earlier process of the same node began.
        let again = try post(wire, "/v1/tenants", round.body, key: "a\(nth)")
        #expect(again.status == 201, "at \(nth): \(again.text)")
        if let first = round.tenant { #expect(first.body == again.body, "at \(nth)") }
        let second = try post(wire, "/v1/tenants/t\(nth)/tokens", "{}", key: "b\(nth)")
        #expect(second.status == 201, "at \(nth): \(second.text)")
        if let token = round.token, token.status == 201 { #expect(token.body == second.body, "at \(nth)") }
        let entries = try AuditTests.entries(wire, "&tenant=t\(nth)").map(\.action)
        #expect(entries.sorted() == ["tenant.create", "token.create"], "at \(nth): \(entries)")
    }

    /// The catalog's node is killed at syncs of its journal, which the move's beginning and the request's bookkeeping wait for.
    @Test func `a move that a killed node had begun is answered, not begun again`() throws {
        let pair = try Pair()
        let armed = pair.first.directory + ".armed"
        defer { try? FileManager.default.removeItem(atPath: armed) }
        try pair.create("a")
        var last: (body: String, answer: Wire.Answer?)?
        for nth in 1...4 {
            pair.first.kill()
            try? FileManager.default.removeItem(atPath: armed)
            pair.first.environment = [
                "ROWHOUSE_FAILPOINT": "journal-sync:\(nth):after", "ROWHOUSE_FAILPOINT_ARMED_BY": armed,
            ]
            try pair.first.start()
            // Both have leases again.
            #expect(try eventually { try Wire(port: pair.second.port).send("GET", "/readyz").status == 200 })
            if let last { try check(last.body, last.answer, nth - 1, pair) }
            if nth == 4 { break }
            let target = try pair.owner("a") == "n1" ? "n2" : "n1"
            _ = FileManager.default.createFile(atPath: armed, contents: nil)
            let body = "{\"tenant\":\"a\",\"to\":\"\(target)\"}"
            let wire = try Wire(port: pair.first.port)
            last = (body, try? post(wire, "/v1/moves", body, key: "m\(nth)"))
        }
    }

    private func check(_ body: String, _ first: Wire.Answer?, _ nth: Int, _ pair: Pair) throws {
        var again: Wire.Answer?
        _ = try eventually {
            again = try? post(try Wire(port: pair.first.port), "/v1/moves", body, key: "m\(nth)")
            return again.map { $0.status != 503 && code($0) != "idempotency_in_progress" } ?? false
        }
        #expect(again?.status == 202, "at \(nth): \(again?.text ?? "")")
        let id = again?.object["id"] as? String ?? ""
        if let first, first.status == 202 { #expect(first.object["id"] as? String == id, "at \(nth)") }
        #expect(
            try eventually {
                let state =
                    try Wire(port: pair.first.port).send("GET", "/v1/moves/\(id)").object["state"] as? String
                return ["done", "aborted"].contains(state)
            }, "at \(nth)")
        let moves = try Wire(port: pair.first.port).send("GET", "/v1/moves?tenant=a").object["items"] as? [Any]
        #expect(moves?.count == nth, "at \(nth)")
    }

    private func eventually(_ condition: () throws -> Bool) throws -> Bool {
        for _ in 0..<600 {
            if (try? condition()) ?? false { return true }
            usleep(50_000)
        }
        return false
    }
}
