import Foundation
import Processes
import Testing

/// Two nodes of which the first holds the catalog and, being first, carries plans out.
@Suite(.serialized) struct RebalanceTests {
    @Test func `a drained node is empty in the end, and no writer notices`() throws {
        let pair = try Pair()
        let third = try pair.third()
        for index in 0..<16 { try pair.create("t\(index)") }
        let key = try #require(try (0..<16).map { "t\($0)" }.first { try pair.owner($0) == "n2" })
        _ = try Wire(port: pair.first.port).send(
            "POST", "/t/\(key)/v3/pipeline",
            HranaText.pipeline([HranaText.execute("CREATE TABLE m (v INTEGER PRIMARY KEY)")]))
        let wire = try Wire(port: pair.second.port)
        let refused = try wire.send("POST", "/v1/nodes/n1/drain")
        #expect(refused.status == 409 && refused.text.contains("catalog copy"), "\(refused.text)")

        let writers = Writers(key: key, ports: [pair.first.port, pair.second.port, third.port], count: 3)
        writers.start()
        #expect(try wire.send("POST", "/v1/nodes/n2/drain").status == 202)
        let isEmpty = try pair.wait { try pair.tenants("n2") == 0 }
        writers.stop()
        #expect(isEmpty, "\(pair.text("/v1/nodes/n2")) \(pair.first.logText.suffix(800))")
        #expect(writers.failures.isEmpty, "\(writers.failures.prefix(3))")
        let rows = try Wire(port: pair.second.port).send(
            "POST", "/t/\(key)/v3/pipeline", HranaText.pipeline([HranaText.execute("SELECT count(*), sum(v) FROM m")]))
        #expect(rows.rows() == [[String(writers.written.count), String(writers.written.reduce(0, +))]])

        // Nothing comes to it, neither new tenants nor moves, until it is told otherwise.
        for index in 16..<24 { try pair.create("t\(index)") }
        #expect(try pair.tenants("n2") == 0)
        let move = try wire.send("POST", "/v1/moves", "{\"tenant\":\"\(key)\",\"to\":\"n2\"}")
        #expect(move.status == 503, "\(move.text)")
        #expect(try wire.send("DELETE", "/v1/nodes/n2/drain").status == 202)
        let node = try wire.send("GET", "/v1/nodes/n2").object
        #expect(node["state"] as? String == "up" && node["drain"] is NSNull)
    }

    @Test func `an empty node fills, and then all stays where it is`() throws {
        let pair = try Pair([
            "--set", "node.disk=32MiB", "--set", "rebalancing.automatic=true", "--set", "rebalancing.interval=1s",
        ])
        for index in 0..<44 {
            try pair.create("f\(index)")
            let filled = try Wire(port: pair.first.port).send(
                "POST", "/t/f\(index)/v3/pipeline",
                HranaText.pipeline([
                    HranaText.execute("CREATE TABLE t (b)"),
                    HranaText.execute("INSERT INTO t VALUES (zeroblob(1000000))"),
                ]))
            #expect(filled.status == 200)
        }
        // Two nodes that are equally full have nobody to give anything to.
        let before = [try pair.tenants("n1"), try pair.tenants("n2")]
        #expect(before.allSatisfy { $0 >= 12 }, "\(before)")
        let third = try pair.third()
        #expect(
            try pair.wait { try pair.tenants("n1") <= 18 && pair.tenants("n2") <= 18 },
            "\(pair.first.logText.suffix(800))")
        #expect(try pair.wait { try pair.isIdle() })
        let after = [try pair.tenants("n1"), try pair.tenants("n2"), try pair.tenants("n3")]
        #expect(after[2] >= 8 && after[2] <= after[0] && after[2] <= after[1], "not more than it needs: \(after)")
        let moved = try pair.moved()
        #expect(Set(moved).count == moved.count, "nobody moved twice: \(moved)")
        usleep(6_000_000)
        #expect(try pair.moved() == moved)
        withExtendedLifetime(third) {}
    }

    @Test func `a plan is made, carried out row by row, and can wait`() throws {
        let pair = try Pair()
        for index in 0..<4 { try pair.create("p\(index)") }
        let wire = try Wire(port: pair.second.port)
        for index in 0..<4 {
            let other = try pair.owner("p\(index)") == "n1" ? "n2" : "n1"
            #expect(try wire.send("PATCH", "/v1/tenants/p\(index)", "{\"pin\":\"\(other)\"}").status == 200)
        }
        let made = try wire.send("POST", "/v1/plans")
        #expect(made.status == 201, "\(made.text)")
        let rows = made.object["rows"] as? [[String: Any]] ?? []
        #expect(Set(rows.compactMap { $0["tenant"] as? String }) == ["p0", "p1", "p2", "p3"])
        #expect(rows.allSatisfy { ($0["reason"] as? String)?.contains("pinned") == true }, "\(made.text)")
        let id = try #require(made.object["id"] as? String)

        #expect(try wire.send("PATCH", "/v1/rebalancing", "{\"pauseFor\":\"1h\"}").status == 200)
        // By hand meanwhile: that row is no longer what the world is.
        let gone = try #require(rows.first?["tenant"] as? String)
        try pair.move(gone, to: try pair.owner(gone) == "n1" ? "n2" : "n1")
        try pair.move(gone, to: try pair.owner(gone) == "n1" ? "n2" : "n1")
        #expect(try wire.send("POST", "/v1/plans/\(id)/apply").status == 202)
        usleep(2_500_000)
        #expect(try pair.plan(id)["counts"] as? [String: Int] == Self.counts(waiting: 4))
        #expect(try wire.send("PATCH", "/v1/rebalancing", "{\"pauseFor\":null}").status == 200)
        #expect(try pair.wait { try pair.plan(id)["state"] as? String == "ended" })
        #expect(
            try pair.plan(id)["counts"] as? [String: Int] == Self.counts(done: 3, skipped: 1),
            "\(pair.text("/v1/plans/\(id)"))")
        #expect(try wire.send("POST", "/v1/plans/\(id)/apply").status == 202, "said again it changes nothing")
        #expect(try wire.send("POST", "/v1/plans/pl-0/apply").status == 404)
    }

    private static func counts(waiting: Int = 0, done: Int = 0, skipped: Int = 0) -> [String: Int] {
        ["waiting": waiting, "running": 0, "done": done, "failed": 0, "skipped": skipped]
    }

    @Test func `a controller that is killed in the midst of a drain leaves nothing undone and nothing done twice`()
        throws
    {
        let pair = try Pair()
        for index in 0..<24 { try pair.create("k\(index)") }
        let away = try (0..<24).map { "k\($0)" }.filter { try pair.owner($0) == "n2" }
        #expect(away.count > 6)
        #expect(try Wire(port: pair.second.port).send("POST", "/v1/nodes/n2/drain").status == 202)
        // Some have gone, some have not.
        #expect(try pair.wait { try pair.tenants("n2") <= away.count - 3 })
        pair.first.kill()
        try pair.first.start()
        #expect(try pair.wait { try pair.tenants("n2") == 0 }, "\(pair.first.logText.suffix(800))")
        for key in away {
            let moves = try Wire(port: pair.first.port).send("GET", "/v1/moves?tenant=\(key)").object
            let states = (moves["items"] as? [[String: Any]] ?? []).compactMap { $0["state"] as? String }
            #expect(states.count { $0 != "aborted" } == 1, "\(key): \(states)")
        }
    }
}

extension Pair {
    fileprivate func tenants(_ node: String) throws -> Int {
        try Wire(port: second.port).send("GET", "/v1/nodes/\(node)").object["tenants"] as? Int ?? -1
    }

    /// Whether no plan is being carried out.
    fileprivate func isIdle() throws -> Bool {
        let plan = try Wire(port: first.port).send("GET", "/v1/rebalancing").object["plan"] as? [String: Any]
        return plan?["state"] as? String == "ended"
    }

    /// The tenants of all moves, as often as they moved.
    fileprivate func moved() throws -> [String] {
        let moves = try Wire(port: first.port).send("GET", "/v1/moves?limit=1000").object["items"] as? [[String: Any]]
        return (moves ?? []).compactMap { $0["tenant"] as? String }
    }

    fileprivate func text(_ path: String) -> String {
        (try? Wire(port: first.port).send("GET", path).text) ?? "nothing"
    }

    fileprivate func plan(_ id: String) throws -> [String: Any] {
        try Wire(port: first.port).send("GET", "/v1/plans/\(id)").object
    }

    /// - Returns: whether it came to be within a minute.
    fileprivate func wait(until isSo: () throws -> Bool) throws -> Bool {
        for _ in 0..<1200 {
            if try isSo() { return true }
            usleep(50_000)
        }
        return false
    }
}
