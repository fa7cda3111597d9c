import Foundation
import Processes
import Testing

/// Requests that are not quite HTTP, that come in pieces, or that do not come.
@Suite(.serialized) struct FramingTests {
    private static let length = "Content-Length: \(Raw.delete.utf8.count)"

    /// Heads of which two readers could think differently, with a body that would do harm. The `@` is the target.
    private static let ambiguous = [
        "POST @ HTTP/1.1\r\nHost: localhost\r\n\(length)\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\(length)\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\n\(length)\r\nContent-Length: 3\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\n\(length)\r\n\(length)\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3, 3\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nContent-Length: +3\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nContent-Length : 3\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST @ HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nX-Folded: a\r\n b\r\n\(length)\r\n\r\n",
        "POST @ HTTP/1.1\r\n Host: localhost\r\n\(length)\r\n\r\n",
        "POST @ HTTP/1.1\nHost: localhost\n\(length)\n\n",
        "POST @ HTTP/1.1\r\nHost: localhost\n\(length)\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\(length)\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\(length)\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nX Y: a\r\n\(length)\r\n\r\n",
        "POST @ HTTP/1.1\r\n\(length)\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\(length)\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\(length)\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost:\r\n\(length)\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost, evil\r\n\(length)\r\n\r\n",
        "POST @ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST @ HTTP/2.0\r\nHost: localhost\r\n\(length)\r\n\r\n",
        "BREW @ HTTP/1.1\r\nHost: localhost\r\n\(length)\r\n\r\n", "GET no/path HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST @\r\nHost: localhost\r\n\(length)\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}", "GARBAGE\r\n\r\n", "\r\n\r\n\0",
    ]

    @Test(arguments: ["/t/acme/v3/pipeline", "/v1/tenants"])
    func `an ambiguous request is refused and nothing behind it is read`(target: String) throws {
        let siege = try Siege()
        for text in Self.ambiguous {
            let wire = try siege.connect()
            let behind = Raw.pipeline("{\"requests\":[\(Raw.delete)]}")
            let request = text.replacing("@", with: target) + Raw.delete + behind + behind
            try? wire.write(Array(request.utf8))
            let answer = try wire.read()
            let seen: Comment = "\(request): \(answer.status) \(answer.headers) \(answer.text)"
            #expect([400, 405].contains(answer.status), seen)
            #expect(answer.headers["connection"] == "close", seen)
            let isSaid = Bad.Form.data("BAD_REQUEST").fits(answer) || Bad.Form.control("bad_request").fits(answer)
            #expect(isSaid, seen)
            #expect(wire.isAtEnd(), seen)
        }
        try siege.expectUntouched()
    }

    @Test func `a refused request does not disturb the ones behind it`() throws {
        let siege = try Siege()
        let bad = [
            Raw.pipeline("{"), Raw.post("/t/nobody/v3/pipeline", Raw.select),
            Raw.post("/t/%00/v3/pipeline", Raw.select),
            Raw.get("/nothing"), Raw.post("/v1/tenants", "{"), Raw.get("/t/acme/v3/pipeline"),
            Raw.pipeline(Raw.select, "Expect: a miracle\r\n"), Raw.get("http://elsewhere/t/acme/v3"),
        ]
        let wire = try siege.connect()
        try wire.write(Array(bad.map { $0 + Raw.pipeline(Raw.select) }.joined().utf8))
        for request in bad {
            #expect((400..<500).contains(try wire.read().status), "\(request)")
            #expect(try wire.read().rows() == [["1"]], "\(request)")
        }
        try siege.expectUntouched()
    }

    @Test func `a client that waits for 100 Continue hears it, or why not`() throws {
        let siege = try Siege(["--set", "limits.body-size=1MiB"])
        for (target, body) in [("/t/acme/v3/pipeline", Raw.select), ("/v1/tenants", "{")] {
            let wire = try siege.connect()
            let head = Raw.get(target, "Expect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n", method: "POST")
            try wire.write(Array(head.utf8))
            #expect(try wire.readInterim() == 100)
            try wire.write(Array(body.utf8))
            #expect(try wire.read().status == (body == "{" ? 400 : 200))
        }
        let large = "Expect: 100-continue\r\nContent-Length: 2000000\r\n"
        try siege.put([
            Bad(
                "too large", Raw.get("/t/acme/v3/pipeline", large, method: "POST"), 413, .data("BODY_TOO_LARGE"),
                ends: true),
            Bad(
                "unknown expectation", Raw.pipeline(Raw.select, "Expect: 200-ok\r\n"), 417, .data("BAD_REQUEST")),
            Bad(
                "old clients know no interim answers",
                "POST /t/acme/v3/pipeline HTTP/1.0\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n{",
                400,
                .plain, ends: true),
        ])
        try siege.expectUntouched()
    }

    @Test func `old clients and clients that have said all are answered`() throws {
        let siege = try Siege()
        let old = try siege.connect()
        let head =
            "POST /t/acme/v3/pipeline HTTP/1.0\r\nHost: localhost\r\nContent-Length: \(Raw.select.utf8.count)\r\n"
        try old.write(Array((head + "Connection: keep-alive\r\n\r\n" + Raw.select).utf8))
        #expect(try old.read().headers["connection"] == "keep-alive")
        try old.write(Array((head + "\r\n" + Raw.select).utf8))
        let last = try old.read()
        #expect(last.rows() == [["1"]])
        #expect(last.headers["connection"] == "close")
        #expect(old.isAtEnd())
        for request in [Raw.pipeline(Raw.select), Raw.get("/healthz")] {
            let half = try siege.connect()
            try half.write(Array((request + request).utf8))
            half.endWriting()
            #expect(try half.read().status == 200)
            #expect(try half.read().status == 200)
            #expect(half.isAtEnd())
        }
        // A body that ends with the connection was never all there.
        let cut = try siege.connect()
        try cut.write(Array(Raw.pipeline("{\"requests\":[\(Raw.delete)]}").utf8.dropLast(2)))
        cut.endWriting()
        #expect(cut.isAtEnd())
        try siege.expectUntouched()
    }

    @Test func `heads and bodies that do not come are given up`() throws {
        let siege = try Siege(["--set", "limits.head-time=300ms", "--set", "limits.body-time=1s"])
        let wires = try (0..<4).map { _ in try siege.connect() }
        try wires[0].write(Array("POST /t/acme/v3/pipeline HTTP/1.1\r\nHost: local".utf8))
        let started = Raw.pipeline("{\"requests\":[\(Raw.delete)]}")
        try wires[1].write(Array(started.utf8.dropLast()))
        try wires[2].write(Array(Raw.get("/v1/tenants", "Content-Length: 10\r\n", method: "POST").utf8))
        try wires[3].write(
            Array(Raw.get("/t/acme/v3/pipeline", "Transfer-Encoding: chunked\r\n", method: "POST").utf8)
                + Array("5\r\n{".utf8))
        let forms: [Bad.Form] = [
            .control("request_timeout"), .data("REQUEST_TIMEOUT"), .control("request_timeout"),
            .data("REQUEST_TIMEOUT"),
        ]
        for (wire, form) in zip(wires, forms) {
            Bad("slow", "", 408, form, ends: true).check(try wire.read(), in: #_sourceLocation)
            #expect(wire.isAtEnd())
        }
        try siege.expectUntouched()
    }
}
