import Access
import Cluster
import DataPlane
import Foundation
import NIOCore
import NIOHTTP1
import Routing
import Testing
import Vocabulary

/// What a client is told when the owner does not answer: "nothing was executed" only where that is certain.
@Suite(.timeLimit(.minutes(2)))
struct RelayFailureTests {
    @Test func `nobody listens there: 503, at once`() async throws {
        try await RelayWorld.run { world in
            world.know([RelayWorld.owner: "http://127.0.0.1:\(try await RawPeer.deadPort(group: world.group))"])
            try await world.router { door in
                let answer = try await world.ask(door)
                #expect(answer.status == 503)
                #expect(answer.headers["retry-after"] == ["1"])
                #expect(answer.body.contains("\"code\":\"BUSY\""))
                #expect(answer.body.contains("\"error\":"))
            }
        }
    }

    @Test func `a node whose address is not known: 503`() async throws {
        try await RelayWorld.run { world in
            try await world.router { door in
                let answer = try await world.ask(door)
                #expect(answer.status == 503)
            }
        }
    }

    @Test func `taken in full and never answered: 504, and it was sent once`() async throws {
        try await RelayWorld.run { world in
            let taken = Tally()
            try await RawPeer.open(group: world.group) { text, channel in
                guard text.hasSuffix("the end") else { return }
                taken.add()
                channel.close(promise: nil)
            } _: { peer in
                world.know([RelayWorld.owner: peer.address])
                try await world.router { door in
                    let answer = try await world.ask(door, body: "the end")
                    #expect(answer.status == 504)
                    #expect(answer.body.contains("\"code\":\"OUTCOME_UNKNOWN\""))
                }
            }
            #expect(taken.count == 1)
        }
    }

    @Test func `an answer that breaks off before the client has any of it: 504`() async throws {
        try await RelayWorld.run { world in
            try await RawPeer.open(group: world.group) { _, channel in
                channel.writeAndFlush(
                    ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"), promise: nil)
                channel.close(promise: nil)
            } _: { peer in
                world.know([RelayWorld.owner: peer.address])
                try await world.router { door in
                    let answer = try await world.ask(door)
                    #expect(answer.status == 504)
                }
            }
        }
    }

    @Test func `an answer that is none: 504`() async throws {
        try await RelayWorld.run { world in
            try await RawPeer.open(group: world.group) { _, channel in
                channel.writeAndFlush(ByteBuffer(string: "SSH-2.0-OpenSSH\r\n"), promise: nil)
            } _: { peer in
                world.know([RelayWorld.owner: peer.address])
                try await world.router { door in
                    let answer = try await world.ask(door)
                    #expect(answer.status == 504)
                }
            }
        }
    }

    @Test func `cut before all was taken: sent once more, then 503`() async throws {
        let connections = Tally()
        try await RelayWorld.run { world in
            // Reads nothing, so that the kernel cannot take the whole of it, and hangs up.
            let server = try await SilentPeer.open(group: world.group, connections: connections)
            world.know([RelayWorld.owner: "http://127.0.0.1:\(server.port)"])
            try await world.router { door in
                let answer = try await world.ask(door, body: String(repeating: "x", count: 24 << 20))
                #expect(answer.status == 503)
            }
            try await server.close()
            #expect(world.relay.metrics.repeated == 1)
        }
        #expect(connections.count == 2)
    }

    @Test func `a connection that the owner closed while it was idle is not used`() async throws {
        try await RelayWorld.run { world in
            try await RawPeer.open(group: world.group) { _, channel in
                channel.writeAndFlush(
                    ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), promise: nil)
                channel.eventLoop.scheduleTask(in: .milliseconds(20)) { channel.close(promise: nil) }
            } _: { peer in
                world.know([RelayWorld.owner: peer.address])
                try await world.router { door in
                    let client = try await RawClient.connect(port: door.port, group: world.group)
                    for round in 1...3 {
                        try await client.send("GET /t/a/x HTTP/1.1\r\nHost: x\r\n\r\n")
                        #expect(
                            try await eventually {
                                client.text.components(separatedBy: "HTTP/1.1 200").count == round + 1
                            })
                        #expect(try await eventually { peer.connections.count == round })
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }
            }
        }
    }

    @Test func `the owner says that it closes: the connection serves no second request`() async throws {
        try await RelayWorld.run { world in
            try await RawPeer.open(group: world.group) { _, channel in
                channel.writeAndFlush(
                    ByteBuffer(string: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"),
                    promise: nil)
            } _: { peer in
                world.know([RelayWorld.owner: peer.address])
                try await world.router { door in
                    for _ in 0..<3 {
                        let answer = try await world.ask(door)
                        #expect(answer.status == 200)
                        #expect(answer.headers["connection"].isEmpty)
                    }
                }
                #expect(peer.connections.count == 3)
            }
        }
    }

    @Test func `an owner that is silent past the request's own time: 504`() async throws {
        let cancelled = Tally()
        try await RelayWorld.run(.quick.with { $0.grace = .milliseconds(50) }) { world in
            try await world.pair(cancelled: cancelled) { _, _ in
            } _: { door in
                let answer = try await world.ask(door, headers: [("Rowhouse-Timeout", "2000")])
                #expect(answer.status == 504)
                // The owner is told by the end of the connection.
                #expect(try await eventually { cancelled.count == 1 })
            }
        }
    }

    @Test func `an owner with another key: 503, and the client learns nothing of it`() async throws {
        let strangers = try ClusterKey(Array("another key, that nobody here knows".utf8))
        try await RelayWorld.run { world in
            try await world.owner(key: strangers) { request, _ in
                request.respond(.ok)
            } _: { _ in
                try await world.router { door in
                    let answer = try await world.ask(door)
                    #expect(answer.status == 503)
                    #expect(!answer.headers.contains { InternalHeaders.contains($0.name) })
                    #expect(world.relay.metrics.unrecognised == 1)
                }
            }
        }
    }

    @Test func `a stream that breaks off is cut, never ended`() async throws {
        let streams = Log<DoorStream>()
        try await RelayWorld.run { world in
            try await world.pair { request, _ in
                guard let stream = request.beginStream(.ok) else { return }
                stream.send(ByteBuffer(string: "beginning"))
                streams.add(stream)
            } _: { door in
                let client = try await RawClient.connect(port: door.port, group: world.group)
                try await client.send("GET /t/a/abort HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await client.until("beginning").contains("beginning"))
                streams.all[0].abort()
                #expect(try await eventually { client.isEnded })
                #expect(!client.text.contains("\r\n0\r\n\r\n"))
                let other = try await RawClient.connect(port: door.port, group: world.group)
                try await other.send("GET /t/a/whole HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await other.until("beginning").contains("beginning"))
                streams.all[1].end()
                #expect(try await other.until("\r\n0\r\n\r\n").hasSuffix("\r\n0\r\n\r\n"))
            }
        }
    }

    @Test func `a client that leaves takes its request at the owner with it`() async throws {
        let cancelled = Tally()
        let arrived = Tally()
        try await RelayWorld.run { world in
            try await world.pair(cancelled: cancelled) { request, _ in
                arrived.add()
                if request.head.uri.hasSuffix("stream") { request.beginStream(.ok)?.send(ByteBuffer(string: "x")) }
            } _: { door in
                for (number, path) in ["/t/a/wait", "/t/a/stream"].enumerated() {
                    let client = try await RawClient.connect(port: door.port, group: world.group)
                    try await client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(try await eventually { arrived.count == number + 1 })
                    try await client.leave()
                    #expect(try await eventually { cancelled.count == number + 1 })
                }
            }
        }
    }

    @Test func `a client that does not read stops the owner, and nothing piles up between them`() async throws {
        let sent = Tally()
        let chunk = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 << 10)
        let total = 64 << 20
        try await RelayWorld.run { world in
            try await world.pair { request, _ in
                Task {
                    guard let stream = request.beginStream(.ok, length: total) else { return }
                    for _ in 0..<(total / chunk.readableBytes) {
                        guard await stream.write(chunk) else { return }
                        sent.add(chunk.readableBytes)
                    }
                    stream.end()
                }
            } _: { door in
                let client = try await RawClient.connect(port: door.port, group: world.group, reads: false)
                try await client.send("GET /t/a/x HTTP/1.1\r\nHost: x\r\n\r\n")
                // Until it stands still.
                var last = -1
                while sent.count != last || sent.count == 0 {
                    last = sent.count
                    try await Task.sleep(for: .milliseconds(300))
                }
                // Two sockets' buffers, and the marks of two streams.
                #expect(sent.count < 16 << 20, "\(sent.count)")
                try await client.read()
                #expect(try await eventually { sent.count == total })
                #expect(try await eventually { client.text.utf8.count > total })
            }
        }
    }
}
