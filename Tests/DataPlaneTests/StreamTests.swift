import DataPlane
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// Streamed answers, slow clients, and clients that go away.
@Suite(.timeLimit(.minutes(1)))
struct StreamTests {
    @Test func `a stream goes out in chunks, or whole where its length is known`() async throws {
        let service = FixtureService { request in
            let length = request.head.uri == "/t/known" ? 10 : nil
            let stream = request.beginStream(.ok, lines: HeaderLines([("content-type", "text/plain")]), length: length)
            for _ in 0..<2 { stream?.send(ByteBuffer(string: "hello")) }
            stream?.end()
        }
        try await Door.open(service) { door in
            let client = try await door.connect()
            let chunked = try await client.ask(get("/t/chunked"))
            #expect(chunked.headers["transfer-encoding"] == "chunked")
            #expect(chunked.body == "hellohello")
            let known = try await client.ask(get("/t/known"))
            #expect(known.headers["content-length"] == "10")
            #expect(known.body == "hellohello")
            let head = try await client.ask("HEAD /t/x HTTP/1.1\r\nHost: x\r\n\r\n", toHead: true)
            #expect(head.status == 200)
            #expect(try await client.ask(get("/hello")).body == "hello")
            let old = try await client.ask("GET /t/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(old.headers["connection"] == "close")
            #expect(old.body == "hellohello")
        }
    }

    @Test func `a stream that breaks its promise is cut off`() async throws {
        let service = FixtureService { request in
            let stream = request.beginStream(.ok, length: 10)
            stream?.send(ByteBuffer(string: request.head.uri == "/t/long" ? "hello world" : "hello"))
            if request.head.uri == "/t/abort" { stream?.abort() } else { stream?.end() }
        }
        try await Door.open(service) { door in
            for path in ["/t/long", "/t/short", "/t/abort"] {
                let client = try await door.connect()
                try await client.send(get(path) + get(path))
                await #expect(throws: Client.Failure.self) { try await client.answer() }
            }
        }
    }

    @Test func `a client that does not read stops the producer`() async throws {
        let sent = Tally()
        let chunk = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 << 10)
        let total = 64 << 20
        let service = FixtureService { request in
            Task {
                guard let stream = request.beginStream(.ok, length: total) else { return }
                for _ in 0..<(total / chunk.readableBytes) {
                    guard await stream.write(chunk) else { return }
                    sent.add(chunk.readableBytes)
                }
                stream.end()
            }
        }
        try await Door.open(service) { door in
            let client = try await door.connect(autoRead: false)
            try await client.send(get("/t/a"))
            var last = -1
            while sent.count != last || last <= 0 {
                last = sent.count
                try await Task.sleep(for: .milliseconds(100))
            }
            // The kernel's buffers on both sides, and ours.
            #expect(last < 16 << 20, "the producer got \(last) bytes ahead")
            try await client.channel.setOption(.autoRead, value: true).get()
            #expect(try await client.answer().body.utf8.count == total)
            try await client.close()
        }
    }

    @Test func `a client that reads nothing for too long is cut off`() async throws {
        let limits = DoorLimits.quick.with { $0.writeStall = .milliseconds(200) }
        let gone = Tally()
        let service = FixtureService { request in
            let stream = request.beginStream(.ok) { gone.add(1) }
            for _ in 0..<200 { stream?.send(ByteBuffer(repeating: 1, count: 64 << 10)) }
        }
        try await Door.open(service, limits: limits) { door in
            let client = try await door.connect(autoRead: false)
            try await client.send(get("/t/a"))
            while gone.count == 0 { try await Task.sleep(for: .milliseconds(10)) }
            try await client.close()
        }
        #expect(service.cancellations.withLock { $0 } == ["/t/a"])
    }

    @Test func `a client that sends on but reads nothing gets no further requests done`() async throws {
        let done = Tally()
        let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: 100_000)
        let service = FixtureService { request in
            done.add(1)
            request.respond(.ok, body: body)
        }
        try await Door.open(service) { door in
            let client = try await door.connect(autoRead: false)
            let count = 2000
            let sending = Task { try await client.send(String(repeating: get("/t/a"), count: count)) }
            var last = -1
            while done.count != last || last <= 0 {
                last = done.count
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(last < 200, "\(last) answers piled up")
            try await client.channel.setOption(.autoRead, value: true).get()
            for _ in 0..<count { #expect(try await client.answer().body.utf8.count == 100_000) }
            try await sending.value
            try await client.close()
        }
    }

    @Test func `the service is told when a client leaves in flight, and a late answer goes nowhere`() async throws {
        let shelf = Shelf()
        let service = FixtureService { shelf.put($0) }
        try await Door.open(service) { door in
            let client = try await door.connect()
            try await client.send(get("/t/a"))
            let request = try await shelf.take()
            // A reset, as of a client that was killed.
            try await client.reset()
            while !request.isCancelled { try await Task.sleep(for: .milliseconds(2)) }
            request.respond(.ok, body: ByteBuffer(string: "late"))
            let next = try await door.connect()
            try await next.send(get("/t/b"))
            let other = try await shelf.take()
            #expect(other !== request)
            #expect(!request.respond(.ok))
            FixtureService.echo(other)
            #expect(try await next.answer().body == "GET /t/b ")
            try await next.close()
        }
        #expect(service.cancellations.withLock { $0 } == ["/t/a"])
    }

    @Test func `a request that is held is never used again, and is answered once`() async throws {
        let held = Mutex<[DoorRequest]>([])
        let service = FixtureService { request in
            held.withLock { $0.append(request) }
            #expect(request.respond(.ok, body: ByteBuffer(string: request.head.uri)))
            #expect(!request.respond(.ok, body: ByteBuffer(string: "twice")))
        }
        try await Door.open(service) { door in
            let client = try await door.connect()
            for number in 0..<10 { #expect(try await client.ask(get("/t/\(number)")).body == "/t/\(number)") }
            try await client.close()
        }
        #expect(held.withLock { $0.map(\.head.uri) } == (0..<10).map { "/t/\($0)" })
    }
}
