import DataPlane
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Synchronization
import Testing

/// Graceful shutdown, seen by clients.
@Suite(.timeLimit(.minutes(1)))
struct ShutdownTests {
    @Test func `what is in flight is finished, what is idle ends, what is new is not taken`() async throws {
        let shelf = Shelf()
        try await Door.open(FixtureService { shelf.put($0) }) { door in
            // Accepted in turn by the two event loops, so that each has something idle and something in flight.
            let idle = [try await door.connect(), try await door.connect()]
            let ours = try await door.connect()
            let tails = try await door.connect()
            let half = try await door.connect()
            for client in idle { #expect(try await client.ask(get("/hello")).status == 200) }
            try await ours.send(get("/t/a") + get("/t/dropped"))
            try await tails.send(get("/gated"))
            let begun = "POST /t/b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe"
            try await half.send(begun)
            let request = try await shelf.take()
            let sent = [get("/hello"), get("/hello"), get("/t/a"), get("/t/dropped"), get("/gated"), begun]
            try await door.hasRead(sent.joined().utf8.count)
            await door.services.triggerGracefulShutdown()
            for client in idle { #expect(await client.rest() == "") }
            await #expect(throws: (any Error).self) {
                for _ in 0..<200 {
                    try await door.connect().close()
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            FixtureService.echo(request)
            let first = try await ours.answer()
            #expect(first.body == "GET /t/a ")
            #expect(first.headers["connection"] == "close")
            #expect(await ours.rest() == "")
            door.gate.open()
            let second = try await tails.answer()
            #expect(second.body == "gated")
            #expect(second.headers["connection"] == "close")
            try await half.send("llo")
            FixtureService.echo(try await shelf.take())
            #expect(try await half.answer().body == "POST /t/b hello")
            #expect(await half.rest() == "")
        }
    }

    @Test func `connections that come while the door closes do not keep it open`() async throws {
        for _ in 0..<8 {
            let clock = ContinuousClock()
            let begin = clock.now
            try await Door.open(shutdownTime: .seconds(10)) { door in
                await withTaskGroup(of: Void.self) { tasks in
                    for number in 0..<40 {
                        if number == 20 { tasks.addTask { await door.services.triggerGracefulShutdown() } }
                        tasks.addTask { try? await door.connect().close() }
                    }
                }
            }
            #expect(clock.now - begin < .seconds(9))
        }
    }

    @Test func `a stream in flight is finished`() async throws {
        let shelf = Shelf()
        try await Door.open(FixtureService { shelf.put($0) }) { door in
            let client = try await door.connect()
            try await client.send(get("/t/a"))
            let stream = try await shelf.take().beginStream(.ok)
            stream?.send(ByteBuffer(string: "one "))
            try await Task.sleep(for: .milliseconds(30))
            await door.services.triggerGracefulShutdown()
            try await Task.sleep(for: .milliseconds(30))
            stream?.send(ByteBuffer(string: "two"))
            stream?.end()
            #expect(try await client.answer().body == "one two")
            #expect(await client.rest() == "")
        }
    }

    @Test func `what does not finish in time is cut off`() async throws {
        let service = FixtureService { _ in }
        try await Door.open(service, shutdownTime: .milliseconds(100)) { door in
            let client = try await door.connect()
            try await client.send(get("/t/a"))
            while service.batches.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(2)) }
            await door.services.triggerGracefulShutdown()
            #expect(await client.rest() == "")
        }
        #expect(service.cancellations.withLock { $0 } == ["/t/a"])
    }
}
