import NIOCore
import Tenants
import Testing

@testable import DataPlane

/// What WebSockets hold, and that they let go of it.
struct SocketHoldTests {
    private typealias Client = SocketClient

    private static let many =
        "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) SELECT i, 'row ' || i FROM n"

    private func eventually(_ condition: () -> Bool) async throws -> Bool {
        for _ in 0..<1_000 {
            if condition() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    @Test func `a cursor that is left in the middle holds nothing, however it is left`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            let client = try await Client.ready(door)
            for round in 0..<3 {
                _ = try await client.call(1, #"{"type":"open_stream","stream_id":1}"#)
                _ = try await client.call(2, Client.cursor(Self.many, on: 1, round))
                let first = try await client.call(3, #"{"type":"fetch_cursor","cursor_id":\#(round),"max_count":5}"#)
                #expect(first["response"]["entries"].count == 5)
                _ = try await client.call(4, #"{"type":"close_stream","stream_id":1}"#)
            }
            #expect(try await eventually { door.seen.alive == 0 }, "left by its stream: \(door.seen.alive)")
            _ = try await client.call(5, #"{"type":"open_stream","stream_id":1}"#)
            _ = try await client.call(6, Client.cursor(Self.many, on: 1, 9))
            _ = try await client.call(7, #"{"type":"fetch_cursor","cursor_id":9,"max_count":5}"#)
            try await client.close()
            #expect(try await eventually { door.seen.alive == 0 }, "left by its socket: \(door.seen.alive)")
            #expect(try await eventually { door.house.engine.streamCount == 0 })
        }
    }

    @Test func `requests that wait are on the node's bill, and the client that is too much is told`() async throws {
        let limits = DoorLimits.sockets.with { $0.bodiesInMemory = 2 << 20 }
        try await HranaDoor.open(limits: limits) { door in
            let holder = try await Client.ready(door)
            _ = try await holder.call(1, #"{"type":"open_stream","stream_id":1}"#)
            _ = try await holder.call(2, Client.execute("BEGIN IMMEDIATE", on: 1))
            let argument = #"{"type":"text","value":"\#(String(repeating: "x", count: 900 << 10))"}"#
            let insert =
                #"{"type":"execute","stream_id":1,"stmt":{"sql":"INSERT INTO t(v) VALUES (?)","args":[\#(argument)]}}"#
            var clients: [Client] = []
            for _ in 0..<4 {
                let client = try await Client.ready(door)
                _ = try await client.call(1, #"{"type":"open_stream","stream_id":1}"#)
                let before = door.door.server.metrics().bytesIn
                try await client.ask(2, insert)
                // All of it is read, or what is too much.
                for _ in 0..<100 where door.door.server.metrics().bytesIn < before + (900 << 10) {
                    try await Task.sleep(for: .milliseconds(10))
                }
                clients.append(client)
            }
            _ = try await holder.call(3, Client.execute("COMMIT", on: 1))
            var seen: [Client.Seen] = []
            for client in clients { seen.append(try await client.next()) }
            #expect(seen.count { $0 == .close(1013, "The node is at its limit; try again shortly") } == 2, "\(seen)")
            #expect(seen.count { if case .text(let text) = $0 { text.contains("response_ok") } else { false } } == 2)
            for client in clients { try await client.close() }
            // And nothing stays on it.
            let body =
                HranaDoor.pipeline("SELECT '\(String(repeating: "x", count: 1_000))'")
                + String(repeating: " ", count: 2_000_000)
            var status = 0
            for _ in 0..<500 where status != 200 {
                status = try await door.ask(post("/t/acme/v3/pipeline", body)).status
                if status != 200 { try await Task.sleep(for: .milliseconds(10)) }
            }
            #expect(status == 200)
        }
    }
}
