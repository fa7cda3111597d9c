import Foundation
import Processes
import Testing

/// Requests under an `Idempotency-Key` whose answers were lost: with the connection, with the process, on the way through another node.
@Suite(.serialized) struct IdempotencyTests {
    private static let key = ["Idempotency-Key": "order-1"]
    private static let insert = pipeline(
        #"{"type":"execute","stmt":{"sql":"INSERT INTO t(v) VALUES (random()) RETURNING v"}},"#)

    private static func pipeline(_ requests: String) -> String { #"{"requests":[\#(requests){"type":"close"}]}"# }

    private func prepare(_ port: Int) throws {
        let wire = try Wire(port: port)
        #expect(try wire.send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        let made = try wire.send("POST", "/t/acme/query", #"{"sql":"CREATE TABLE t(v)"}"#)
        #expect(made.status == 200, "\(made.text)")
    }

    private func count(_ port: Int) throws -> String {
        try Wire(port: port).send("POST", "/t/acme/query", #"{"sql":"SELECT count(*) FROM t"}"#).text
    }

    @Test func `an answer that was lost comes again, also from the process after a kill`() throws {
        let server = try ServerProcess()
        try prepare(server.port)
        let calls = [
            ("/t/acme/v3/pipeline", Self.insert, "p"),
            (
                "/t/acme/v1/batch",
                #"{"batch":{"steps":[{"stmt":{"sql":"INSERT INTO t VALUES (random()) RETURNING v"}}]}}"#, "b"
            ),
        ]
        for (path, body, key) in calls {
            // Sent, and the line is cut before anything is read.
            try Wire(port: server.port).write(
                Array(
                    "POST \(path) HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: \(key)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                        .utf8))
            let first = try Wire(port: server.port).send("POST", path, body, headers: ["Idempotency-Key": key])
            #expect(first.status == 200, "\(first.text)")
            server.kill()
            try server.start()
            let again = try Wire(port: server.port).send("POST", path, body, headers: ["Idempotency-Key": key])
            #expect(again.status == 200 && again.text == first.text, "\(first.text) \(again.text)")
        }
        #expect(try count(server.port).contains("[[2]]"))
    }

    @Test func `killed in the middle of many, each is done once in the end`() throws {
        let server = try ServerProcess()
        try prepare(server.port)
        let body: @Sendable (Int) -> String = { number in
            #"{"batch":{"steps":[{"stmt":{"sql":"INSERT INTO t VALUES (\#(number))"}}]}}"#
        }
        for round in 0..<3 {
            let port = server.port
            let sender = Thread {
                guard let wire = try? Wire(port: port) else { return }
                for number in 0..<2_000 {
                    guard
                        (try? wire.send(
                            "POST", "/t/acme/v1/batch", body(number), headers: ["Idempotency-Key": "k\(number)"]))
                            != nil
                    else { return }
                }
            }
            sender.start()
            usleep(useconds_t(100_000 + 150_000 * round))
            server.kill()
            try server.start()
        }
        let wire = try Wire(port: server.port)
        for number in 0..<300 {
            let answer = try wire.send(
                "POST", "/t/acme/v1/batch", body(number), headers: ["Idempotency-Key": "k\(number)"])
            #expect(answer.status == 200, "\(answer.text)")
        }
        let rows = try wire.send(
            "POST", "/t/acme/query", #"{"sql":"SELECT count(*), count(DISTINCT v) FROM t WHERE v < 300"}"#)
        #expect(rows.text.contains("[[300,300]]"), "\(rows.text)")
    }

    @Test func `the key counts on whichever node the request comes in, and goes with the tenant`() throws {
        let pair = try Pair()
        try prepare(pair.first.port)
        let ports = [pair.first.port, pair.second.port]
        let body = Self.insert
        var texts: Set<String> = []
        for _ in 0..<2 {
            for port in ports {
                let answer = try Wire(port: port).send("POST", "/t/acme/v3/pipeline", body, headers: Self.key)
                #expect(answer.status == 200, "\(answer.text)")
                texts.insert(answer.text)
            }
            try pair.move("acme", to: try pair.owner("acme") == "n1" ? "n2" : "n1")
        }
        #expect(texts.count == 1, "\(texts)")
        #expect(try count(ports[1]).contains("[[1]]"))
        let other = try Wire(port: ports[0]).send(
            "POST", "/t/acme/v3/pipeline", Self.pipeline(""), headers: Self.key)
        let relayed = try Wire(port: ports[1]).send(
            "POST", "/t/acme/v3/pipeline", Self.pipeline(""), headers: Self.key)
        #expect(other.status == 422 && relayed.status == 422, "\(other.text) \(relayed.text)")
        #expect(relayed.object["code"] as? String == "IDEMPOTENCY_MISMATCH")
    }
}
