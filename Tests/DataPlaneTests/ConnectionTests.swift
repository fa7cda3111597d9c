import DataPlane
import NIOCore
import NIOHTTP1
import Testing

/// What a client sees of one connection, over real sockets, with Hummingbird behind.
@Suite(.timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test func `a connection is kept and its answers are exact`() async throws {
        try await Door.open { door in
            let client = try await door.connect()
            for number in 0..<5 {
                let answer = try await client.ask(post("/t/a", "body \(number)"))
                #expect(answer.status == 200)
                #expect(answer.body == "POST /t/a body \(number)")
                #expect(answer.headers["content-type"] == "text/plain")
                #expect(answer.headers["connection"] == nil)
            }
            try await client.close()
        }
    }

    @Test func `pipelined requests of both kinds are answered in order`() async throws {
        let service = FixtureService { request in
            // From another thread, later for the earlier ones.
            Task {
                try? await Task.sleep(for: .milliseconds(request.head.uri.hasSuffix("0") ? 20 : 1))
                FixtureService.echo(request)
            }
        }
        try await Door.open(service) { door in
            let client = try await door.connect()
            var text = ""
            for number in 0..<40 {
                text += number % 3 == 0 ? get("/hello") : post("/t/\(number)", "x")
            }
            try await client.send(text)
            for number in 0..<40 {
                let answer = try await client.answer()
                #expect(answer.body == (number % 3 == 0 ? "hello" : "POST /t/\(number) x"))
            }
            #expect(door.server.metrics().dataPlaneRequests == 26)
            #expect(door.server.metrics().tailRequests == 14)
            try await client.close()
        }
    }

    @Test func `chunked bodies reach both sides whole`() async throws {
        try await Door.open { door in
            let client = try await door.connect()
            for path in ["/t/a", "/echo"] {
                let head =
                    "POST \(path) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n"
                try await client.send(head + "5\r\nhello\r\n")
                try await client.send("1;ext=1\r\n \r\n5\r\nworld\r\n0\r\nx: y\r\n\r\n")
                let answer = try await client.answer()
                #expect(answer.body.hasSuffix("hello world"))
            }
            try await client.close()
        }
    }

    @Test(arguments: ["/t/a", "/echo"])
    func `a client that waits for 100 Continue gets it once`(_ path: String) async throws {
        try await Door.open { door in
            let client = try await door.connect()
            let head = "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n"
            let interim = try await client.ask(head)
            #expect(interim.status == 100)
            let answer = try await client.ask("hello")
            #expect(answer.status == 200)
            #expect(answer.body.hasSuffix("hello"))
            #expect(try await client.ask(get("/hello")).body == "hello")
            try await client.close()
        }
    }

    @Test func `a body that is refused before it is sent is not asked for`() async throws {
        try await Door.open { door in
            let client = try await door.connect()
            let answer = try await client.ask(
                "POST /t/small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\nExpect: 100-continue\r\n\r\n")
            #expect(answer.status == 413)
            #expect(answer.headers["connection"] == "close")
            #expect(await client.rest() == "")
        }
    }

    @Test func `an unknown expectation is refused and the connection lives`() async throws {
        try await Door.open { door in
            let client = try await door.connect()
            #expect(try await client.ask(post("/t/a", "x", "Expect: miracles\r\n")).status == 417)
            #expect(try await client.ask(get("/t/a")).status == 200)
            try await client.close()
        }
    }

    @Test func `HTTP 1·0 is answered in its own terms`() async throws {
        try await Door.open { door in
            for path in ["/t/a", "/hello"] {
                let once = try await door.connect()
                let answer = try await once.ask("GET \(path) HTTP/1.0\r\n\r\n")
                #expect(answer.status == 200)
                #expect(answer.headers["connection"] == "close")
                #expect(await once.rest() == "")
                let kept = try await door.connect()
                for _ in 0..<2 {
                    let answer = try await kept.ask("GET \(path) HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                    #expect(answer.headers["connection"] == "keep-alive")
                }
                try await kept.close()
            }
            let pieces = try await door.connect()
            let answer = try await pieces.ask("GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(answer.headers["transfer-encoding"] == nil)
            #expect(answer.body == "one two")
        }
    }

    @Test func `HEAD has a head only, and the next answer is in its place`() async throws {
        try await Door.open { door in
            let client = try await door.connect()
            for path in ["/t/a", "/hello", "/endless", "/t/b"] {
                let answer = try await client.ask("HEAD \(path) HTTP/1.1\r\nHost: x\r\n\r\n", toHead: true)
                #expect(answer.status == 200)
            }
            #expect(try await client.ask(get("/t/z")).body == "GET /t/z ")
            try await client.close()
        }
    }

    @Test func `a client that asks to close is obeyed`() async throws {
        try await Door.open { door in
            for path in ["/t/a", "/hello", "/pieces"] {
                let client = try await door.connect()
                let answer = try await client.ask(get(path, "Connection: close\r\n") + get("/t/never"))
                #expect(answer.status == 200)
                #expect(answer.headers["connection"] == "close")
                #expect(await client.rest() == "")
            }
        }
    }

    @Test func `what was sent before a half-close is answered`() async throws {
        let service = FixtureService { request in
            Task {
                try? await Task.sleep(for: .milliseconds(20))
                FixtureService.echo(request)
            }
        }
        try await Door.open(service) { door in
            let client = try await door.connect()
            try await client.send(get("/t/1") + get("/slow") + get("/t/2") + get("/hello"))
            try await client.shutOutput()
            let expected = ["GET /t/1 ", "slow", "GET /t/2 ", "hello"]
            for body in expected { #expect(try await client.answer().body == body) }
            #expect(await client.rest() == "")
        }
    }

    @Test func `a half-closed request that is not whole gets no answer but those before it do`() async throws {
        try await Door.open { door in
            for cut in ["POST /t/b HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", "GET /t/c HTTP/1.1\r\nHo"] {
                let client = try await door.connect()
                try await client.send(get("/t/a") + cut)
                try await client.shutOutput()
                #expect(try await client.answer().body == "GET /t/a ")
                #expect(await client.rest() == "")
            }
        }
    }

    @Test func `a body the tail does not read is not taken for a request`() async throws {
        try await Door.open { door in
            let client = try await door.connect()
            let body = String(repeating: "GET /t/evil HTTP/1.1\r\nHost: x\r\n\r\n", count: 2000)
            #expect(try await client.ask(post("/careless", body)).body == "did not read")
            #expect(try await client.ask(get("/t/a")).body == "GET /t/a ")
            try await client.close()
        }
    }

    @Test(arguments: ["/t/a", "/hello"])
    func `a declined upgrade ends the connection`(_ path: String) async throws {
        try await Door.open { door in
            let client = try await door.connect()
            let upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
            let answer = try await client.ask(get(path, upgrade) + get("/t/b"))
            #expect(answer.status == 200)
            #expect(answer.headers["connection"] == "close")
            #expect(await client.rest() == "")
        }
    }

    @Test func `the rules refuse with their own code and the connection lives`() async throws {
        try await Door.open { door in
            let client = try await door.connect()
            let answer = try await client.ask(post("/.rowhouse/catalog", "hello"))
            #expect(answer.status == 404)
            #expect(answer.headers["content-type"] == "application/json")
            let id = try #require(answer.headers["rowhouse-request-id"])
            let error = #"{"code":"not_found","message":"There is no \"such\" path.","requestID":"\#(id)"}"#
            #expect(answer.body == "{\"error\":\(error)}")
            #expect(try await client.ask(get("/t/a")).status == 200)
            try await client.close()
        }
    }

    @Test func `an absolute target of this host is served as a path`() async throws {
        try await Door.open { door in
            let client = try await door.connect()
            let own = "GET http://LocalHost:80/t/a?b=c HTTP/1.1\r\nHost: localhost:80\r\n\r\n"
            #expect(try await client.ask(own).body == "GET /t/a?b=c ")
            #expect(try await client.ask("GET http://other/t/a HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 400)
            #expect(try await client.ask(get("/t/b")).status == 200)
            try await client.close()
        }
    }
}
