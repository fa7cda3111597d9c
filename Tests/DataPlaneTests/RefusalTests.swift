import DataPlane
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// Bad, slow and excessive input.
@Suite(.timeLimit(.minutes(1)))
struct RefusalTests {
    /// Requests whose end two readers could see in different places. Each carries a second request behind it, which
    /// must not be answered.
    static let smuggled: [String] = [
        "POST /t/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5 5\r\n\r\nhello",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\nhello",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "POST /t/a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "POST /t/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n\r\n",
        "GET /t/a HTTP/1.1\r\n Host: x\r\n\r\n",
        "GET /t/a HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
        "GET /t/a HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
        "GET /t/a HTTP/1.1\r\nHost: x\r\n: c\r\n\r\n",
        "GET /t/a HTTP/1.1\r\n\r\n",
        "GET /t/a HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        "GET /t/a HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /t/a HTTP/1.1\r\nHost: a,b\r\n\r\n",
        "GET /t/a HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET /t/a HTTP/1.1\r\nHost: u@b\r\n\r\n",
        "GET /t/a HTTP/2.0\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n",
        "\u{16}\u{3}\u{1} this is TLS\r\n\r\n",
    ]

    @Test(arguments: smuggled)
    func `an ambiguous request is refused and nothing after it is answered`(_ text: String) async throws {
        let service = FixtureService.echo()
        try await Door.open(service) { door in
            let client = try await door.connect()
            try await client.send(text + get("/t/evil") + get("/t/evil"))
            let answer = try await client.answer()
            #expect((400..<500).contains(answer.status), "\(answer)")
            #expect(answer.headers["connection"] == "close")
            #expect(await client.rest() == "")
        }
        #expect(service.batches.withLock { $0 }.isEmpty)
    }

    @Test func `after good requests a broken one is refused in its turn`() async throws {
        let shelf = Shelf()
        try await Door.open(FixtureService { shelf.put($0) }) { door in
            let client = try await door.connect()
            try await client.send(get("/t/a") + get("/hello") + "GARBAGE\r\n\r\n")
            FixtureService.echo(try await shelf.take())
            #expect(try await client.answer().body == "GET /t/a ")
            #expect(try await client.answer().body == "hello")
            #expect(try await client.answer().status == 400)
            #expect(await client.rest() == "")
        }
    }

    @Test func `a large head is refused`() async throws {
        try await Door.open { door in
            for header in ["X: " + String(repeating: "y", count: 70_000), String(repeating: "a: b\r\n", count: 200)] {
                let client = try await door.connect()
                try await client.send(get("/t/a", header + "\r\n"))
                #expect(try await client.answer().status == 431)
            }
            let client = try await door.connect()
            try await client.send(get("/t/" + String(repeating: "y", count: 70_000)))
            #expect(try await client.answer().status == 431)
        }
    }

    @Test func `a large body is refused and the connection lives`() async throws {
        try await Door.open { door in
            let client = try await door.connect()
            let large = String(repeating: "x", count: 300_000)
            let known = try await client.ask(post("/t/small", large))
            #expect(known.status == 413)
            #expect(known.body.contains("body_too_large"))
            #expect(known.headers["connection"] == nil)
            let chunked = "POST /t/small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            #expect(try await client.ask(chunked + "493e0\r\n\(large)\r\n0\r\n\r\n").status == 413)
            #expect(try await client.ask(post("/t/small", "fits")).body == "POST /t/small fits")
            try await client.close()
        }
    }

    @Test func `a body past all reading is refused and the connection ends`() async throws {
        let limits = DoorLimits.quick.with {
            $0.discard = 100_000
            $0.tailBody = 1000
        }
        try await Door.open(limits: limits) { door in
            let large = String(repeating: "x", count: 300_000)
            for path in ["/t/small", "/echo"] {
                let client = try await door.connect()
                let answer = try await client.ask(post(path, large))
                #expect(answer.status == 413)
                #expect(answer.headers["connection"] == "close")
                let other = try await door.connect()
                let head = "POST \(path) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                #expect(try await other.ask(head + "493e0\r\n\(large)\r\n").status == 413)
            }
            let short = try await door.connect()
            #expect(try await short.ask(post("/echo", String(repeating: "x", count: 2000))).status == 413)
            #expect(try await short.ask(get("/hello")).status == 200)
            try await short.close()
        }
    }

    @Test func `bodies beyond the node's memory are refused`() async throws {
        let limits = DoorLimits.quick.with { $0.bodiesInMemory = 200_000 }
        try await Door.open(limits: limits) { door in
            let client = try await door.connect()
            let answer = try await client.ask(post("/t/a", String(repeating: "x", count: 400_000)))
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] == "1")
            // What was taken has been given back.
            for _ in 0..<3 {
                #expect(try await client.ask(post("/t/a", String(repeating: "x", count: 200_000))).status == 200)
            }
            try await client.close()
        }
    }

    @Test func `a head that does not end in time is refused`() async throws {
        let limits = DoorLimits.quick.with { $0.headTime = .milliseconds(150) }
        try await Door.open(limits: limits) { door in
            let client = try await door.connect()
            #expect(try await client.ask(get("/t/a")).status == 200)
            try await client.send("GET /t/a HTTP/1.1\r\n")
            let drip = Task {
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(20))
                    try await client.send("a: b\r\n")
                }
            }
            let answer = try await client.answer()
            drip.cancel()
            #expect(answer.status == 408)
            #expect(answer.headers["connection"] == "close")
        }
    }

    @Test(arguments: ["/t/a", "/echo"])
    func `a body that does not end in time is refused`(_ path: String) async throws {
        let limits = DoorLimits.quick.with { $0.bodyTime = .milliseconds(100) }
        try await Door.open(limits: limits) { door in
            let client = try await door.connect()
            let answer = try await client.ask("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe")
            #expect(answer.status == 408)
            #expect(await client.rest() == "")
        }
    }

    @Test func `an idle connection is closed without a word`() async throws {
        // Long enough for a request on a machine that is busy with other things.
        let limits = DoorLimits.quick.with { $0.idle = .seconds(2) }
        try await Door.open(limits: limits) { door in
            let used = try await door.connect()
            #expect(try await used.ask(get("/hello")).status == 200)
            let fresh = try await door.connect()
            #expect(await fresh.rest() == "")
            #expect(await used.rest() == "")
        }
    }

    @Test func `a connection after a quiet while has its whole idle time`() async throws {
        let limits = DoorLimits.quick.with { $0.idle = .seconds(3) }
        try await Door.open(limits: limits) { door in
            let before = try await door.connect()
            #expect(try await before.ask(get("/t/a")).status == 200)
            try await before.close()
            try await Task.sleep(for: .milliseconds(3100))
            let client = try await door.connect()
            // Several sweeps, each of which would close it if it had been idle since before.
            try await Task.sleep(for: .milliseconds(100))
            #expect(try await client.ask(get("/t/a")).status == 200)
            try await client.close()
        }
    }

    @Test func `a request that nobody answers is answered by the door`() async throws {
        let limits = DoorLimits.quick.with { $0.answer = .milliseconds(100) }
        let shelf = Shelf()
        let service = FixtureService { shelf.put($0) }
        try await Door.open(service, limits: limits) { door in
            let client = try await door.connect()
            let answer = try await client.ask(get("/t/a"))
            #expect(answer.status == 504)
            #expect(answer.body.contains("outcome_unknown"))
            let late = try await shelf.take()
            #expect(late.isCancelled)
            #expect(!late.respond(.ok))
        }
        #expect(service.cancellations.withLock { $0 } == ["/t/a"])
    }

    @Test func `one connection too many is told so`() async throws {
        let limits = DoorLimits.quick.with { $0.connections = 2 }
        try await Door.open(limits: limits) { door in
            let first = try await door.connect()
            let second = try await door.connect()
            #expect(try await first.ask(get("/t/a")).status == 200)
            #expect(try await second.ask(get("/t/a")).status == 200)
            let third = try await door.connect()
            let answer = try await third.ask(get("/t/a"))
            #expect(answer.status == 503)
            #expect(answer.body.contains("busy"))
            #expect(await third.rest() == "")
            try await first.close()
            // Closing takes the server a moment.
            var status = 503
            while status == 503 {
                let next = try await door.connect()
                status = try await next.ask(get("/t/a")).status
                try? await next.close()
            }
            #expect(status == 200)
            try await second.close()
        }
    }
}
