import NIOCore
import Synchronization
import Testing

@testable import DataPlane

/// How WebSockets end, and that the client learns why.
struct SocketEndTests {
    private typealias Client = SocketClient

    @Test func `what is sent behind a message that is too large is thrown away, and the reason arrives`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            let client = try await Client.ready(door)
            // The head of a frame of 40 MB, and as much of it as is taken.
            try await client.send([0x81, 0xFF, 0, 0, 0, 0, 0x02, 0x62, 0x5A, 0x00, 1, 2, 3, 4])
            let sender = Task {
                let piece = [UInt8](repeating: 0x20, count: 64 << 10)
                for _ in 0..<610 { try await client.send(piece) }
            }
            #expect(try await client.next() == .close(1009, "The message is larger than this node accepts"))
            try await client.send(Client.frame(8, [0x03, 0xF1]))
            _ = try? await sender.value
        }
    }

    @Test func `before the hello a message is small, however it is cut, and behind it need not be`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            let large = Array(repeating: UInt8(ascii: " "), count: 1 << 18)
            let half = Array(repeating: UInt8(ascii: " "), count: 40_000)
            for bytes in [
                Client.frame(1, large), Client.frame(1, half, fin: false) + Client.frame(0, half),
                // Only its head: nothing of it is gathered.
                Array(Client.frame(1, large).prefix(14)),
            ] {
                let client = try await Client.open(door)
                try await client.send(bytes)
                #expect(try await client.next() == .close(1009, "The message is larger than this node accepts"))
                try await client.close()
            }
            let client = try await Client.open(door)
            let open = Array(#"{"type":"request","request_id":1,"request":{"type":"open_stream","stream_id":1}}"#.utf8)
            try await client.send(
                Client.frame(1, Array(#"{"type":"hello"}"#.utf8)) + Client.frame(1, open + large))
            #expect(try await client.next() == .text(#"{"type":"hello_ok"}"#))
            #expect(try await client.answer()["type"].string == "response_ok")
        }
    }

    @Test func `a client that closes and says more is answered, and not cut`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            for more in [[], [0x81], Client.frame(9, [1])] as [[UInt8]] {
                let client = try await Client.ready(door)
                try await client.send(Client.frame(8, [0x03, 0xE8]) + more)
                #expect(try await client.next() == .close(1000, ""))
                #expect(try await client.next() == .end)
            }
        }
    }

    @Test func `a client that pings and does not read is sent one pong at a time`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            let client = try await Client.ready(door)
            var bytes: [UInt8] = []
            for number in 0..<2_000 { bytes += Client.frame(9, [UInt8(number & 255), UInt8(number >> 8)]) }
            let before = door.door.server.metrics().bytesOut
            try await client.send(bytes)
            var seen = Client.Seen.end
            repeat { seen = try await client.next() } while seen != .pong([UInt8(1999 & 255), UInt8(1999 >> 8)])
            #expect(door.door.server.metrics().bytesOut - before < 400, "the newest is enough")
        }
    }

    @Test func `a slow client gets a whole answer before the close frame, also at the node's shutdown`() async throws {
        let slow = Mutex<(Client, Task<Int, any Error>)?>(nil)
        let house = try await HranaHouse()
        try await HranaDoor.open(house: house, limits: .sockets) { door in
            let client = try await Client.ready(door)
            _ = try await client.call(1, #"{"type":"open_stream","stream_id":1}"#)
            try await client.channel.setOption(.autoRead, value: false).get()
            try await client.ask(2, Client.execute("SELECT printf('%.*c', 9000000, 'x')", on: 1))
            let before = door.door.server.metrics().bytesOut
            while door.door.server.metrics().bytesOut < before + 9_000_000 {
                try await Task.sleep(for: .milliseconds(5))
            }
            let reader = Task {
                // Longer than the linger from the shutdown on.
                var count = 0
                while client.channel.isActive, count < 400 {
                    client.channel.read()
                    count += 1
                    try await Task.sleep(for: .milliseconds(10))
                }
                return count
            }
            slow.withLock { $0 = (client, reader) }
        }
        let (client, reader) = slow.withLock { $0! }
        let answer = try await client.next()
        guard case .text(let text) = answer else { throw Client.Failure.unexpected(answer) }
        #expect(text.utf8.count > 9_000_000 && text.hasSuffix("}"))
        #expect(try await client.next() == .close(1001, "The node is shutting down"))
        reader.cancel()
    }
}
