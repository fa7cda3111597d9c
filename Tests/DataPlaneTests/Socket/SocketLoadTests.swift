import NIOCore
import Synchronization
import Testing

@testable import DataPlane

/// Many, slow and idle clients, and the node's end.
struct SocketLoadTests {
    private typealias Client = SocketClient

    @Test func `a client that does not read is not read, and loses nothing`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            let client = try await Client.ready(door)
            _ = try await client.call(0, #"{"type":"open_stream","stream_id":1}"#)
            try await client.channel.setOption(.autoRead, value: false).get()
            // 200 MB of answers is asked for.
            let select = Client.execute("SELECT printf('%.*c', 5000000, 'x')", on: 1)
            let sent = Mutex(0)
            let sender = Task {
                for id in 1...40 {
                    try await client.ask(id, select)
                    sent.withLock { $0 = id }
                }
            }
            let written = try await quiet(door)
            #expect(written < 40_000_000, "what is made for it is bounded: \(written)")
            try await client.channel.setOption(.autoRead, value: true).get()
            client.channel.read()
            for id in 1...40 { #expect(try await client.answer()["request_id"].int == id) }
            try await sender.value
        }
    }

    @Test func `a cursor pauses for a client that does not read, however much is asked for ahead`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            let client = try await Client.ready(door)
            _ = try await client.call(0, #"{"type":"open_stream","stream_id":1}"#)
            try await client.channel.setOption(.autoRead, value: false).get()
            let rows = "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)"
            try await client.ask(1, Client.cursor("\(rows) SELECT i, printf('%.*c', 500000, 'x') FROM n", on: 1, 1))
            for _ in 0..<50 { try await client.ask(2, #"{"type":"fetch_cursor","cursor_id":1,"max_count":1}"#) }
            let written = try await quiet(door)
            #expect(written < 10_000_000, "20 MB were asked for: \(written)")
            try await client.channel.setOption(.autoRead, value: true).get()
            client.channel.read()
            #expect(try await client.answer()["response"]["type"].string == "open_cursor")
            var seen = 0
            for _ in 0..<50 {
                let entries = try await client.answer()["response"]["entries"]
                if entries.count > 0, entries[0]["type"].string == "row" { seen += 1 }
            }
            #expect(seen == 40)
        }
    }

    @Test func `answers that nobody takes are on the node's bill`() async throws {
        let limits = DoorLimits.sockets.with { $0.bodiesInMemory = 4 << 20 }
        try await HranaDoor.open(limits: limits) { door in
            let client = try await Client.ready(door)
            for stream in 0..<30 { _ = try await client.call(0, #"{"type":"open_stream","stream_id":\#(stream)}"#) }
            try await client.channel.setOption(.autoRead, value: false).get()
            for stream in 0..<30 {
                try await client.ask(stream, Client.execute("SELECT printf('%.*c', 1000000, 'x')", on: stream))
            }
            let written = try await quiet(door)
            #expect(written < 20_000_000, "30 MB were asked for: \(written)")
            try await client.channel.setOption(.autoRead, value: true).get()
            client.channel.read()
            var seen = try await client.next()
            while case .text = seen { seen = try await client.next() }
            #expect(seen == .close(1013, "The node is at its limit; try again shortly"))
        }
    }

    /// Waits until nothing more is written.
    ///
    /// - Returns: bytes that were written since the start.
    private func quiet(_ door: HranaDoor) async throws -> UInt64 {
        var (written, looks) = (door.door.server.metrics().bytesOut, 0)
        while looks < 20 {
            try await Task.sleep(for: .milliseconds(50))
            let now = door.door.server.metrics().bytesOut
            looks = now == written ? looks + 1 : 0
            written = now
        }
        return written
    }

    @Test func `hundreds of sockets are told that the node ends, at once`() async throws {
        let clients = Mutex<[Client]>([])
        let began = Mutex(NIODeadline.now())
        try await HranaDoor.open(limits: .sockets) { door in
            let all = try await withThrowingTaskGroup(of: Client.self) { tasks in
                for _ in 0..<300 { tasks.addTask { try await Client.ready(door) } }
                var all: [Client] = []
                for try await client in tasks { all.append(client) }
                return all
            }
            clients.withLock { $0 = all }
            began.withLock { $0 = .now() }
        }
        // The fixture's shutdown cuts after five seconds; sockets that do not answer linger for half of one.
        #expect(NIODeadline.now() - began.withLock { $0 } < .seconds(5))
        for client in clients.withLock({ $0 }) {
            #expect(try await client.next() == .close(1001, "The node is shutting down"))
        }
    }

    @Test func `thousands of streams are refused one by one, and may be closed`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            let client = try await Client.ready(door)
            for id in 0..<1_000 { try await client.ask(id, #"{"type":"open_stream","stream_id":\#(id)}"#) }
            var opened = 0
            for _ in 0..<1_000 {
                let answer = try await client.answer()
                if answer["type"].string == "response_ok" {
                    opened += 1
                } else {
                    #expect(answer["error"]["code"].string == "TOO_MANY_STREAMS")
                }
            }
            #expect(opened == 128)
            for id in 0..<1_000 { try await client.ask(7, #"{"type":"close_stream","stream_id":\#(id)}"#) }
            for _ in 0..<1_000 { #expect(try await client.answer()["request_id"].int == 7, "ids may repeat") }
            #expect(try await client.call(1, #"{"type":"open_stream","stream_id":1}"#)["type"].string == "response_ok")
            #expect(try await client.call(2, Client.execute("SELECT 1", on: 1))["type"].string == "response_ok")
        }
    }

    @Test func `streams that wait for each other's transactions do`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            let client = try await Client.ready(door)
            for stream in 0..<20 {
                try await client.ask(stream, #"{"type":"open_stream","stream_id":\#(stream)}"#)
                try await client.ask(100 + stream, Client.execute("BEGIN IMMEDIATE", on: stream))
                try await client.ask(200 + stream, Client.execute("INSERT INTO t(v) VALUES (1)", on: stream))
                try await client.ask(300 + stream, Client.execute("COMMIT", on: stream))
            }
            for _ in 0..<80 {
                let answer = try await client.answer()
                #expect(answer["type"].string == "response_ok", "\(answer)")
            }
            let count = try await client.call(1, Client.execute("SELECT count(*) FROM t", on: 3))
            #expect(count["response"]["result"]["rows"][0][0]["value"].string == "20")
        }
    }

    @Test func `no hello, no sound and no request end a WebSocket, each in its time`() async throws {
        let limits = DoorLimits.sockets.with {
            $0.socketPing = .milliseconds(200)
            $0.socketPong = .milliseconds(400)
            $0.socketIdle = .milliseconds(1500)
        }
        try await HranaDoor.open(limits: limits) { settings in
            settings.socket.hello = .milliseconds(300)
        } _: { door in
            let mute = try await Client.open(door)
            var seen = try await mute.next()
            while case .ping = seen { seen = try await mute.next() }
            #expect(seen == .close(1008, "The hello did not come in time"))

            let deaf = try await Client.ready(door)
            #expect(try await deaf.next() == .ping([]))
            #expect(try await deaf.next() == .end)

            let idle = try await Client.ready(door)
            while true {
                seen = try await idle.next()
                guard case .ping(let payload) = seen else { break }
                try await idle.send(Client.frame(10, payload))
            }
            #expect(seen == .close(1001, "No request came for too long"))
        }
    }

    @Test func `a shutdown answers what was asked, says that it ends, and rolls back`() async throws {
        let house = try await HranaHouse()
        let clients = Mutex<[Client]>([])
        try await HranaDoor.open(house: house, limits: .sockets) { door in
            for _ in 0..<3 {
                let client = try await Client.ready(door)
                _ = try await client.call(0, #"{"type":"open_stream","stream_id":1}"#)
                clients.withLock { $0.append(client) }
            }
            let writer = clients.withLock { $0[0] }
            _ = try await writer.call(1, Client.execute("BEGIN", on: 1))
            _ = try await writer.call(2, Client.execute("INSERT INTO t(v) VALUES (1)", on: 1))
            let busy = clients.withLock { $0[1] }
            let slow = "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT count(*) FROM n"
            try await busy.ask(3, Client.execute(slow, on: 1))
            while door.door.server.metrics().dataPlaneRequests < 9 { try await Task.sleep(for: .milliseconds(2)) }
        }
        let all = clients.withLock { $0 }
        #expect(try await all[0].next() == .close(1001, "The node is shutting down"))
        #expect(try await all[1].answer()["request_id"].int == 3, "what was read is answered")
        #expect(try await all[1].next() == .close(1001, "The node is shutting down"))
        #expect(try await all[2].next() == .close(1001, "The node is shutting down"))
        try house.restart()
        #expect(await house.execute("SELECT count(*) FROM t").value == "0")
        try house.stop()
    }
}
