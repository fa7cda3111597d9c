import Access
import AsyncHTTPClient
import Cluster
import Foundation
import NIOCore
import NIOPosix
import Seams
import Testing

/// Calls between nodes, as the caller sees them: may it be repeated?
@Suite(.timeLimit(.minutes(2)))
struct PeerClientTests {
    private func run(
        _ limits: PeerLimits = PeerLimits(),
        _ body: @escaping @Sendable (PeerClient, any EventLoopGroup) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: PeerClient.configuration(limits))
        let signer = ClusterSigner(key: RelayWorld.clusterKey, time: SystemTime(), random: SystemRandom())
        do {
            try await body(PeerClient(client: client, signer: signer, limits: limits), group)
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
        try await group.shutdownGracefully()
    }

    private func failure(_ body: () async throws(PeerFailure) -> PeerAnswer) async -> PeerFailure? {
        do throws(PeerFailure) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    private static func answer(_ status: String, _ body: String) -> ByteBuffer {
        ByteBuffer(string: "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    @Test func `an answer, and the same connection for the next`() async throws {
        let texts = Log<String>()
        try await run { client, group in
            try await RawPeer.open(group: group) { text, channel in
                texts.add(text)
                channel.writeAndFlush(Self.answer("200 OK", "hello"), promise: nil)
            } _: { peer in
                for _ in 0..<3 {
                    let answer = try await client.post(peer.address, path: "/.rowhouse/x?y=1", body: Array("body".utf8))
                    #expect(answer == PeerAnswer(status: 200, body: Array("hello".utf8)))
                }
                #expect(peer.connections.count == 1)
            }
        }
        let first = try #require(texts.all.first)
        #expect(first.hasPrefix("POST /.rowhouse/x?y=1 HTTP/1.1\r\n"))
        #expect(first.contains("Rowhouse-Signature: 1."))
        #expect(first.hasSuffix("\r\n\r\nbody"))
    }

    @Test func `nobody listens: nothing was sent`() async throws {
        try await run { client, group in
            let port = try await RawPeer.deadPort(group: group)
            for address in ["http://127.0.0.1:\(port)", "https://127.0.0.1:1", "n1", "http://", "http://a b:1"] {
                let failed = await failure { () throws(PeerFailure) in
                    try await client.post(address, path: "/.rowhouse/x")
                }
                guard case .unreachable? = failed else {
                    Issue.record("\(address): \(String(describing: failed))")
                    continue
                }
            }
        }
    }

    @Test func `cut off after the request, or silent: nobody knows`() async throws {
        try await run { client, group in
            for isSilent in [false, true] {
                try await RawPeer.open(group: group) { _, channel in
                    if !isSilent { channel.close(promise: nil) }
                } _: { peer in
                    guard
                        case .outcomeUnknown = await failure({ () throws(PeerFailure) in
                            try await client.post(peer.address, path: "/.rowhouse/x", timeout: .milliseconds(200))
                        })
                    else {
                        Issue.record("silent: \(isSilent)")
                        return
                    }
                    #expect(peer.connections.count == 1)
                }
            }
        }
    }

    @Test func `an answer that trickles past its time is given up`() async throws {
        try await run { client, group in
            try await RawPeer.open(group: group) { _, channel in
                channel.writeAndFlush(
                    ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"), promise: nil)
                channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { task in
                    guard channel.isActive else { return task.cancel() }
                    channel.writeAndFlush(ByteBuffer(string: "x"), promise: nil)
                }
            } _: { peer in
                let failed = await failure { () throws(PeerFailure) in
                    try await client.post(peer.address, path: "/.rowhouse/x", timeout: .milliseconds(200))
                }
                guard case .outcomeUnknown? = failed else {
                    Issue.record("\(String(describing: failed))")
                    return
                }
            }
        }
    }

    @Test func `a refusal with its code, one without, and a redirect that is not followed`() async throws {
        try await run { client, group in
            let answers = [
                ("409 Conflict", "{\"error\":{\"code\":\"tenant_exists\",\"message\":\"there\"}}"), ("500 x", "<html>"),
                ("302 Found\r\nLocation: http://127.0.0.1:1/", ""),
            ]
            for (status, body) in answers {
                try await RawPeer.open(group: group) { _, channel in
                    channel.writeAndFlush(Self.answer(status, body), promise: nil)
                } _: { peer in
                    let failed = await failure { () throws(PeerFailure) in
                        try await client.post(peer.address, path: "/.rowhouse/x")
                    }
                    let code = body.contains("tenant_exists") ? "tenant_exists" : ""
                    #expect(
                        failed
                            == .refused(
                                status: Int(status.prefix(3))!, code: code, message: code.isEmpty ? "" : "there"))
                }
            }
        }
    }

    @Test func `too large, either way, and too many at once`() async throws {
        var limits = PeerLimits()
        limits.messageBytes = 100
        limits.calls = 1
        try await run(limits) { client, group in
            try await RawPeer.open(group: group) { text, channel in
                if text.contains("/hang") { return }
                channel.writeAndFlush(Self.answer("200 OK", String(repeating: "x", count: 101)), promise: nil)
            } _: { peer in
                let large = [UInt8](repeating: 0, count: 101)
                #expect(
                    await failure { () throws(PeerFailure) in
                        try await client.post(peer.address, path: "/.rowhouse/x", body: large)
                    } == .tooLarge(limit: 100))
                #expect(peer.connections.count == 0)
                #expect(
                    await failure { () throws(PeerFailure) in try await client.post(peer.address, path: "/.rowhouse/x")
                    }
                        == .tooLarge(limit: 100))
                async let hanging = failure { () throws(PeerFailure) in
                    try await client.post(peer.address, path: "/hang", timeout: .milliseconds(500))
                }
                try await Task.sleep(for: .milliseconds(100))
                guard
                    case .unreachable = await failure({ () throws(PeerFailure) in
                        try await client.post(peer.address, path: "/.rowhouse/x")
                    })
                else {
                    Issue.record("one call too many")
                    return
                }
                guard case .outcomeUnknown = await hanging else {
                    Issue.record("the one under way")
                    return
                }
            }
        }
    }

    @Test func `streams go both ways in pieces, and a slow taker holds the sender back`() async throws {
        let total = 32 << 20
        let written = Tally()
        try await run { client, group in
            try await RawPeer.open(group: group) { text, channel in
                guard text.hasSuffix("\r\n\r\n") else { return }
                channel.writeAndFlush(
                    ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n"), promise: nil)
                Self.pump(channel, total / (64 << 10), written)
            } _: { peer in
                let taken = Tally()
                try await client.download(peer.address, path: "/.rowhouse/x") { stream in
                    try await stream.read { piece in
                        if taken.count == 0 {
                            try await Task.sleep(for: .milliseconds(500))
                            #expect(written.count < total / 2, "\(written.count)")
                        }
                        taken.add(piece.readableBytes)
                    }
                }
                #expect(taken.count == total)
            }
            try await RawPeer.open(group: group) { text, channel in
                guard text.hasSuffix("0\r\n\r\n") else { return }
                channel.writeAndFlush(
                    Self.answer("200 OK", "\(text.components(separatedBy: "qqqqqqqqqq").count - 1)"), promise: nil)
            } _: { peer in
                let pieces = AsyncStream<ByteBuffer> { source in
                    for _ in 0..<100 { source.yield(ByteBuffer(string: "qqqqqqqqqq")) }
                    source.finish()
                }
                let answer = try await client.upload(peer.address, path: "/.rowhouse/x", timeout: .seconds(10), pieces)
                #expect(String(decoding: answer.body, as: UTF8.self) == "100")
            }
        }
    }

    /// Writes the next piece when the socket has taken the one before.
    private static func pump(_ channel: any Channel, _ left: Int, _ written: Tally) {
        guard left > 0 else { return }
        channel.writeAndFlush(ByteBuffer(repeating: 0, count: 64 << 10)).whenSuccess {
            written.add(64 << 10)
            pump(channel, left - 1, written)
        }
    }

    @Test func `addresses of nodes`() {
        #expect(NodeAddress("http://10.0.0.5:8080") == NodeAddress(host: "10.0.0.5", port: 8080))
        #expect(NodeAddress("HTTP://n1.example/") == NodeAddress(host: "n1.example", port: 80))
        #expect(NodeAddress("http://[::1]:81")?.description == "http://[::1]:81")
        for bad in [
            "", "http://", "http://a:0", "http://a:x", "http://a:1/path", "http://u@a:1", "https://a:1", "http://[::1",
        ] {
            #expect(NodeAddress(bad) == nil, "\(bad)")
        }
    }
}
