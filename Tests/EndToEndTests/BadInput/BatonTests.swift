import Foundation
import Processes
import Testing

/// Streams that somebody else opened, that are over, or that never were.
@Suite(.serialized) struct BatonTests {
    private func open(_ wire: Wire, _ key: String = "acme") throws -> String {
        let begun = try wire.send(
            "POST", "/t/\(key)/v3/pipeline",
            HranaText.pipeline([HranaText.execute("BEGIN"), HranaText.execute("DELETE FROM t")], close: false))
        #expect(begun.errorCode(1) == nil, "\(begun.text)")
        return begun.object["baton"] as? String ?? ""
    }

    private func body(_ baton: String, _ sql: String = "COMMIT") -> String {
        HranaText.pipeline([HranaText.execute(sql)], baton: baton)
    }

    private func rollBack(_ wire: Wire, _ baton: String) throws {
        let seen = HranaText.pipeline(
            [HranaText.execute("SELECT count(*) FROM t"), HranaText.execute("ROLLBACK")], baton: baton)
        let answer = try wire.send("POST", "/t/acme/v3/pipeline", seen)
        #expect(answer.rows() == [["0"]], "the stream has not survived: \(answer.text)")
    }

    @Test func `a baton that was not given to this caller is refused and the stream lives on`() throws {
        let siege = try Siege()
        let wire = try siege.connect()
        let baton = try open(wire)
        var forged = Array(baton)
        forged[10] = forged[10] == "A" ? "B" : "A"
        var tail = Array(baton)
        tail[tail.count - 1] = tail[tail.count - 1] == "A" ? "E" : "A"
        let batons = [
            "", "x", "null", String(forged), String(tail), String(baton.dropLast()), baton + "A",
            String(baton.reversed()),
            String(repeating: "A", count: baton.count), String(repeating: "A", count: 1024), baton + "\u{0}",
        ]
        try siege.put(batons.map { Bad("baton \($0)", Raw.pipeline(body($0)), 400, .plain) })
        try siege.put([
            Bad("too long", Raw.pipeline(body(String(repeating: "A", count: 1025))), 400, .plain),
            Bad("of another tenant", Raw.post("/t/other/v3/pipeline", body(baton)), 400, .plain),
            Bad(
                "in a cursor of another tenant",
                Raw.post("/t/other/v3/cursor", "{\"baton\":\"\(baton)\",\"batch\":{\"steps\":[]}}"), 400, .plain),
        ])
        try rollBack(wire, baton)
        try siege.put([Bad("of a closed stream", Raw.pipeline(body(baton)), 400, .plain)])
        try siege.expectUntouched()
    }

    @Test func `a baton is good for once`() throws {
        let siege = try Siege()
        let wire = try siege.connect()
        let first = try open(wire)
        let goOn = HranaText.pipeline([HranaText.execute("SELECT 1")], baton: first, close: false)
        let next = try wire.send("POST", "/t/acme/v3/pipeline", goOn).object["baton"] as? String ?? ""
        #expect(next != first && !next.isEmpty)
        try siege.put([Bad("used", Raw.pipeline(body(first)), 400, .plain)])
        // Two requests with one baton at once: one of them is served.
        let slow = HranaText.pipeline(
            [
                HranaText.execute(
                    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 2000000) SELECT max(n) FROM c"
                )
            ], baton: next, close: false)
        let other = try siege.connect()
        try wire.write(Array(Raw.pipeline(slow).utf8))
        try other.write(Array(Raw.pipeline(slow).utf8))
        let answers = [try wire.read(), try other.read()]
        #expect(answers.map(\.status).sorted() == [200, 400])
        let last = answers.first { $0.status == 200 }?.object["baton"] as? String ?? ""
        try rollBack(wire, last)
        try siege.expectUntouched()
    }

    @Test func `an expired stream says so once, an ended process too`() throws {
        let siege = try Siege(["--set", "streams.transaction-idle=100ms"])
        let wire = try siege.connect()
        let late = try open(wire)
        // Until others see that the transaction is gone; to ask for it would be to use it.
        let write = HranaText.pipeline([HranaText.execute("UPDATE t SET v = v WHERE id = 0")])
        #expect(try siege.connect().send("POST", "/t/acme/v3/pipeline", write).errorCode() == nil)
        try siege.put([
            Bad("expired", Raw.pipeline(body(late)), 400, .stream("STREAM_EXPIRED")),
            Bad("expired, again", Raw.pipeline(body(late)), 400, .stream("STREAM_EXPIRED")),
        ])
        let left = try open(wire)
        siege.server.kill()
        try siege.server.start()
        try siege.put([Bad("of a process that ended", Raw.pipeline(body(left)), 400, .stream("STREAM_EXPIRED"))])
        try siege.expectUntouched()
    }

    @Test func `streams are bounded`() throws {
        let siege = try Siege(["--set", "limits.streams-tenant=2"])
        let wires = try (0..<2).map { _ in try siege.connect() }
        let open = HranaText.pipeline([HranaText.execute("BEGIN")], close: false)
        for wire in wires { #expect(try wire.send("POST", "/t/acme/v3/pipeline", open).status == 200) }
        try siege.put([Bad("one too many", Raw.pipeline(open), 429, .data("TOO_MANY_STREAMS"))])
        #expect(try wires[0].send("POST", "/t/other/v3/pipeline", Raw.select).status == 200)
        // Orderly, so that the streams' places are free again.
        siege.server.stop()
        try siege.server.start()
        try siege.expectUntouched()
    }
}
