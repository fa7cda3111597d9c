import Cluster
import DataPlane
import Foundation
import NIOCore
import NIOHTTP1
import Routing
import Testing
import Vocabulary

/// What a client sees that asks a node which is not the owner.
@Suite(.timeLimit(.minutes(2)))
struct RelayTests {
    @Test func `a request reaches its owner with its stamp and without its credentials`() async throws {
        let seen = Log<(HTTPRequestHead, String, RelayStamp)>()
        try await RelayWorld.run { world in
            try await world.pair { request, stamp in
                seen.add((request.head, String(buffer: request.body), stamp))
                request.respond(
                    .created, headers: [("Content-Type", "text/x"), ("Rowhouse-Node", "n2"), ("Keep-Alive", "x")],
                    body: ByteBuffer(string: "done"))
            } _: { door in
                let answer = try await world.ask(
                    door, "/t/acme%20x/v3/pipeline?a=b", body: "select",
                    headers: [
                        ("Authorization", "Bearer secret"), ("Cookie", "a=b"), ("Rowhouse-Bookmark", "1-2"),
                        ("Connection", "X-Mine"), ("X-Mine", "1"), ("TE", "trailers"), ("X-Else", "kept"),
                    ])
                #expect(answer.status == 201)
                #expect(answer.body == "done")
                #expect(answer.headers["rowhouse-node"] == ["n2"])
                #expect(answer.headers["content-type"] == ["text/x"])
                #expect(answer.headers["keep-alive"].isEmpty)
            }
        }
        let (head, body, stamp) = try #require(seen.all.first)
        #expect(head.method == .POST)
        #expect(head.uri == "/t/acme%20x/v3/pipeline?a=b")
        #expect(body == "select")
        #expect(stamp.request == RequestStamp(tenant: RelayWorld.tenant, key: RelayWorld.key, epoch: Epoch(5)))
        #expect(stamp.authority == RelayWorld.authority)
        #expect(head.headers["rowhouse-bookmark"] == ["1-2"])
        #expect(head.headers["x-else"] == ["kept"])
        for gone in ["authorization", "cookie", "x-mine", "te", "connection", "transfer-encoding"] {
            #expect(!head.headers.contains(name: gone), "\(gone)")
        }
    }

    @Test func `bodies of all sizes and framings arrive whole, both ways`() async throws {
        try await RelayWorld.run { world in
            try await world.pair { request, _ in
                if request.head.uri.hasSuffix("chunked") {
                    let stream = request.beginStream(.ok)
                    stream?.send(request.body)
                    stream?.end()
                } else {
                    request.respond(.ok, body: request.body)
                }
            } _: { door in
                for size in [0, 1, 16 << 10, (16 << 10) + 1, 64 << 10, (64 << 10) + 1, 3 << 20] {
                    let body = String(repeating: "abcdefg", count: size / 7) + String(repeating: "z", count: size % 7)
                    for path in ["/t/a/plain", "/t/a/chunked"] {
                        let answer = try await world.ask(door, path, body: body)
                        #expect(answer.status == 200)
                        #expect(answer.body == body, "\(size) \(path)")
                    }
                }
            }
        }
    }

    @Test func `a chunk is passed on when it comes, not when the answer ends`() async throws {
        let streams = Log<DoorStream>()
        try await RelayWorld.run { world in
            try await world.pair { request, _ in
                guard let stream = request.beginStream(.ok) else { return }
                stream.send(ByteBuffer(string: "first"))
                streams.add(stream)
            } _: { door in
                let client = try await RawClient.connect(port: door.port, group: world.group)
                try await client.send("GET /t/a/x HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await client.until("first").contains("first"))
                #expect(!client.text.contains("second"))
                streams.all.first?.send(ByteBuffer(string: "second"))
                streams.all.first?.end()
                #expect(try await client.until("0\r\n\r\n").contains("second"))
            }
        }
    }

    @Test func `HEAD gets the length and no body, and the connections live on`() async throws {
        try await RelayWorld.run { world in
            try await world.pair { request, _ in
                request.respond(.ok, body: ByteBuffer(string: "twelve bytes"))
            } _: { door in
                let client = try await RawClient.connect(port: door.port, group: world.group)
                try await client.send("HEAD /t/a/x HTTP/1.1\r\nHost: x\r\n\r\nGET /t/a/x HTTP/1.1\r\nHost: x\r\n\r\n")
                let text = try await client.until("twelve bytes")
                let answers = text.components(separatedBy: "HTTP/1.1 200 OK\r\n")
                #expect(answers.count == 3)
                #expect(answers[1].lowercased().contains("content-length: 12\r\n"))
                #expect(!answers[1].contains("twelve"))
                #expect(world.relay.metrics.connected == 1)
            }
        }
    }

    @Test func `statuses without a body, errors of the owner, and HTTP 1.0 clients`() async throws {
        try await RelayWorld.run { world in
            try await world.pair { request, _ in
                switch request.head.uri {
                case "/t/a/204": request.respond(.noContent)
                case "/t/a/304": request.respond(.notModified, headers: [("ETag", "x")])
                case "/t/a/503":
                    request.respond(
                        .serviceUnavailable, headers: [("Retry-After", "7")], body: ByteBuffer(string: "no"))
                default:
                    let stream = request.beginStream(.ok)
                    stream?.send(ByteBuffer(string: "hello"))
                    stream?.end()
                }
            } _: { door in
                #expect(try await world.ask(door, "/t/a/204").status == 204)
                #expect(try await world.ask(door, "/t/a/304", method: .GET, body: nil).headers["etag"] == ["x"])
                let busy = try await world.ask(door, "/t/a/503")
                #expect(busy.status == 503)
                #expect(busy.headers["retry-after"] == ["7"])
                #expect(busy.body == "no")
                let old = try await RawClient.connect(port: door.port, group: world.group)
                try await old.send("GET /t/a/old HTTP/1.0\r\n\r\n")
                #expect(try await eventually { old.isEnded })
                #expect(old.text.hasSuffix("\r\n\r\nhello"))
                #expect(world.relay.metrics.connected <= 2)
            }
        }
    }

    @Test func `connections are used again, and no more are opened than requests are under way`() async throws {
        try await RelayWorld.run { world in
            try await world.pair { request, _ in
                request.respond(.ok, body: request.body)
            } _: { door in
                let client = try await RawClient.connect(port: door.port, group: world.group)
                for number in 0..<50 {
                    try await client.send("GET /t/a/\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(
                        try await eventually { client.text.components(separatedBy: "HTTP/1.1 200").count == number + 2 }
                    )
                }
                #expect(world.relay.metrics.connected == 1)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let answer = try await world.ask(door, body: "\(number)")
                            #expect(answer.body == "\(number)")
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func `more requests than connections wait their turn, and beyond that are refused`() async throws {
        let limits = RelayLimits.quick.with {
            $0.connections = 2
            $0.waiting = 4
        }
        let held = Log<DoorRequest>()
        try await RelayWorld.run(limits, loops: 1) { world in
            try await world.pair { request, _ in
                held.add(request)
            } _: { door in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<10 { group.addTask { try await world.ask(door).status } }
                    // Two are with the owner, four wait, four are told at once.
                    for _ in 0..<4 {
                        let status = try await group.next()
                        #expect(status == 503)
                    }
                    #expect(try await eventually { held.all.count == 2 })
                    for answered in 0..<6 {
                        try #require(try await eventually { held.all.count > answered })
                        #expect(held.all.count <= answered + 2)
                        held.all[answered].respond(.ok)
                        let status = try await group.next()
                        #expect(status == 200)
                    }
                }
                #expect(world.relay.metrics.connected == 2)
            }
        }
    }

    @Test func `idle connections are closed, and the next request opens another`() async throws {
        try await RelayWorld.run(.quick.with { $0.idle = .milliseconds(50) }) { world in
            try await world.pair { request, _ in
                request.respond(.ok)
            } _: { door in
                let client = try await RawClient.connect(port: door.port, group: world.group)
                for round in 1...3 {
                    try await client.send("GET /t/a/x HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(
                        try await eventually { client.text.components(separatedBy: "HTTP/1.1 200").count == round + 1 })
                    #expect(world.relay.metrics.connected == round)
                    try await Task.sleep(for: .milliseconds(200))
                }
            }
        }
    }
}
