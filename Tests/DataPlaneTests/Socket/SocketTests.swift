import NIOCore
import Synchronization
import Tenants
import Testing

@testable import DataPlane

/// WebSockets against a whole data plane, byte by byte.
struct SocketTests {
    private typealias Client = SocketClient

    @Test func `the handshake chooses the best subprotocol, and refuses what is none`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            for (offer, chosen) in [
                ("hrana2", "hrana2"), ("hrana1, hrana3,hrana2", "hrana3"),
                ("hrana3-protobuf, hrana3", "hrana3-protobuf"),
                ("graphql, hrana1", "hrana1"),
            ] {
                let client = try await Client.open(door, offer: offer)
                #expect(client.head.contains("sec-websocket-protocol: \(chosen)\r\n"), "\(offer)")
                #expect(client.head.lowercased().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="))
                #expect(client.head.contains("rowhouse-request-id: "))
                try await client.close()
            }
            let plain = try await Client.open(door, "/t/acme/", offer: nil)
            #expect(!plain.head.contains("sec-websocket-protocol"))
            let good = Client.handshake("/t/acme")
            let bad = [
                Client.handshake("/t/acme", offer: "mqtt"): 400,
                Client.handshake("/t/acme/v3"): 200,
                Client.handshake("/t/acme/other"): 404,
                good.replacing("Version: 13", with: "Version: 8"): 400,
                good.replacing("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", with: ""): 400,
                good.replacing("Connection: Upgrade", with: "Connection: keep-alive"): 400,
                good.replacing("HTTP/1.1", with: "HTTP/1.0"): 400,
                good.replacing("GET", with: "POST"): 404,
                Client.handshake("/t/acme", headers: "Origin: https://elsewhere.example\r\n"): 403,
                Client.handshake("/t/acme", headers: "X-Forwarded-For: 1.2.3.4\r\n"): 403,
                Client.handshake("/t/acme", headers: "Rowhouse-Tenant: other\r\n"): 400,
                Client.handshake("/t/acme", headers: "Content-Length: 1\r\n") + "x": 400,
            ]
            for (handshake, status) in bad {
                let answer = try await door.ask(handshake)
                #expect(answer.status == status, "\(handshake)")
                #expect(answer.headers["connection"] == "close", "\(handshake)")
            }
            let connection = try await door.door.connect()
            #expect(try await connection.ask(get("/hello")).status == 200)
            #expect(try await connection.ask(good).status == 400, "Hummingbird had it before")
        }
    }

    @Test func `streams, statements, stored texts and their ends`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            let client = try await Client.open(door)
            // All at once, also before the hello is answered, and bytes of frames behind the handshake's.
            var bytes = Client.frame(1, Array(#"{"type":"hello","jwt":null}"#.utf8))
            let requests = [
                #"{"type":"open_stream","stream_id":5}"#,
                #"{"type":"store_sql","sql_id":1,"sql":"INSERT INTO t(v) VALUES (?)"}"#,
                #"{"type":"execute","stream_id":5,"stmt":{"sql_id":1,"args":[{"type":"text","value":"grün"}]}}"#,
                Client.execute("SELECT * FROM t", on: 5), Client.execute("SELEC", on: 5),
                #"{"type":"batch","stream_id":5,"batch":{"steps":[{"stmt":{"sql_id":1}},{"stmt":{"sql":"SELECT 2"},"condition":{"type":"error","step":0}}]}}"#,
                #"{"type":"sequence","stream_id":5,"sql":"BEGIN; DELETE FROM t"}"#,
                #"{"type":"get_autocommit","stream_id":5}"#, #"{"type":"describe","stream_id":5,"sql":"SELECT :a"}"#,
                #"{"type":"close_sql","sql_id":1}"#, #"{"type":"close_stream","stream_id":5}"#,
                // The number is free again at once; what was begun above is undone.
                #"{"type":"open_stream","stream_id":5}"#, Client.execute("SELECT count(*) FROM t", on: 5),
                #"{"type":"close_stream","stream_id":5}"#,
            ]
            for (id, request) in requests.enumerated() {
                bytes += Client.frame(1, Array(#"{"type":"request","request_id":\#(id),"request":\#(request)}"#.utf8))
            }
            try await client.send(bytes)
            #expect(try await client.next() == .text(#"{"type":"hello_ok"}"#))
            var answers: [Int: JSON] = [:]
            while answers.count < requests.count {
                let answer = try await client.answer()
                answers[answer["request_id"].int ?? -1] = answer
            }
            for id in [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13] {
                #expect(answers[id]!["type"].string == "response_ok", "\(id): \(answers[id]!)")
            }
            #expect(answers[2]!["response"]["result"]["last_insert_rowid"].string == "1")
            #expect(answers[3]!["response"]["result"]["rows"][0][1]["value"].string == "grün")
            #expect(answers[4]!["error"]["code"].string == "SQL_PARSE_ERROR")
            #expect(answers[5]!["response"]["result"]["step_errors"][0]["code"].string == "ARGS_INVALID")
            #expect(answers[5]!["response"]["result"]["step_results"][1]["rows"][0][0]["value"].string == "2")
            #expect(answers[7]!["response"]["is_autocommit"].bool == false)
            #expect(answers[8]!["response"]["result"]["params"][0]["name"].string == ":a")
            #expect(answers[12]!["response"]["result"]["rows"][0][0]["value"].string == "1")
        }
    }

    @Test func `a cursor is fetched as it is made, and its stream lives on`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            let client = try await Client.ready(door)
            let many =
                "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) SELECT i, 'row ' || i FROM n"
            _ = try await client.call(0, #"{"type":"open_stream","stream_id":1}"#)
            let opened = try await client.call(1, Client.cursor(many, on: 1, 9))
            #expect(opened["response"]["type"].string == "open_cursor")
            var rows = 0
            var kinds: [String] = []
            while true {
                let answer = try await client.call(2, #"{"type":"fetch_cursor","cursor_id":9,"max_count":777}"#)
                let entries = answer["response"]["entries"]
                #expect(entries.count <= 777 && (entries.count > 0 || answer["response"]["done"].bool == true))
                for index in 0..<max(0, entries.count) {
                    let kind = entries[index]["type"].string ?? ""
                    if kind == "row" { rows += 1 } else { kinds.append(kind) }
                }
                if answer["response"]["done"].bool ?? true { break }
            }
            #expect(rows == 30_000 && kinds == ["step_begin", "step_end"])
            #expect(try await client.call(3, #"{"type":"close_cursor","cursor_id":9}"#)["type"].string == "response_ok")

            // One that is left in the middle: the stream goes on, and so does what is open on it.
            _ = try await client.call(4, Client.execute("BEGIN", on: 1))
            _ = try await client.call(5, Client.execute("INSERT INTO t(v) VALUES (1)", on: 1))
            _ = try await client.call(6, Client.cursor(many, on: 1, 9))
            _ = try await client.call(7, #"{"type":"fetch_cursor","cursor_id":9,"max_count":5}"#)
            #expect(try await client.call(8, #"{"type":"close_cursor","cursor_id":9}"#)["type"].string == "response_ok")
            _ = try await client.call(9, Client.execute("COMMIT", on: 1))
            let count = try await client.call(10, Client.execute("SELECT count(*) FROM t", on: 1))
            #expect(count["response"]["result"]["rows"][0][0]["value"].string == "1", "\(count)")

            // One whose stream goes on before it is read: it says so, and the stream's request runs.
            _ = try await client.call(11, Client.cursor(many, on: 1, 10))
            #expect(try await client.call(12, Client.execute("SELECT 1", on: 1))["type"].string == "response_ok")
            var last = JSON("")
            while last["response"]["done"].bool != true {
                last = try await client.call(13, #"{"type":"fetch_cursor","cursor_id":10,"max_count":4000000000}"#)
            }
            let entries = last["response"]["entries"]
            #expect(entries[entries.count - 1]["error"]["code"].string == "CURSOR_ENDED")
        }
    }

    @Test func `what breaks the protocol ends the connection with its code`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            let open = #"{"type":"open_stream","stream_id":1}"#
            func request(_ request: String) -> [UInt8] {
                Client.frame(1, Array(#"{"type":"request","request_id":1,"request":\#(request)}"#.utf8))
            }
            let text = Array("hello".utf8)
            let cases: [([UInt8], UInt16)] = [
                (Client.frame(1, Array("{".utf8)), 1007), (Client.frame(1, Array(#"{"type":"dance"}"#.utf8)), 1007),
                (Client.frame(1, [0x22, 0xFF, 0x22]), 1007), (Client.frame(2, text), 1003),
                (request(#"{"type":"dance"}"#), 1007), (request(#"{"type":"open_stream"}"#), 1007),
                (request(Client.execute("SELECT 1", on: 7)), 1008), (request(open) + request(open), 1008),
                (request(#"{"type":"close_stream","stream_id":7}"#), 1008),
                (request(#"{"type":"fetch_cursor","cursor_id":7,"max_count":1}"#), 1008),
                (request(#"{"type":"close_cursor","cursor_id":7}"#), 1008),
                (request(Client.cursor("SELECT 1", on: 7, 7)), 1008),
                (
                    request(#"{"type":"store_sql","sql_id":1,"sql":""}"#)
                        + request(#"{"type":"store_sql","sql_id":1,"sql":""}"#), 1008
                ),
                (request(open) + request(#"{"type":"describe","stream_id":1,"sql_id":3}"#), 1008),
                (Client.frame(1, text, masked: false), 1002), (Client.frame(1, text, reserved: 4), 1002),
                (Client.frame(3, text), 1002), (Client.frame(11, text), 1002), (Client.frame(0, text), 1002),
                (Client.frame(9, text, fin: false), 1002), (Client.frame(9, Array(repeating: 0, count: 126)), 1002),
                (Client.frame(1, text, fin: false) + Client.frame(1, text), 1002), (Client.frame(8, [3]), 1002),
                (Client.frame(8, [0x03, 0xED]), 1002),
                // A length beyond every bound, and nothing behind it.
                ([0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4], 1009),
                ([0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4], 1009),
                (
                    request(
                        #"{"type":"sequence","stream_id":1,"sql":"\#(String(repeating: "-", count: 1 << 20 | 1))"}"#),
                    1009
                ),
            ]
            for (bytes, code) in cases {
                let client = try await Client.ready(door)
                try await client.send(bytes)
                var seen = try await client.next()
                while case .text = seen { seen = try await client.next() }
                guard case .close(code, _) = seen else {
                    Issue.record("\(bytes.prefix(80)): \(seen) instead of \(code)")
                    continue
                }
                try await client.send(Client.frame(8, [UInt8(code >> 8), UInt8(code & 255)]))
                #expect(try await client.next() == .end)
                try await client.close()
            }
            let silent = try await Client.open(door)
            try await silent.ask(1, open)
            #expect(try await silent.next() == .close(1008, "The first message must be a hello"))
            let old = try await Client.ready(door, offer: "hrana2")
            try await old.ask(1, #"{"type":"get_autocommit","stream_id":1}"#)
            #expect(try await old.next().code == 1008, "version 2 has no get_autocommit")
            let oldest = try await Client.ready(door, offer: nil)
            try await oldest.send(#"{"type":"hello","jwt":null}"#)
            #expect(try await oldest.next().code == 1008, "version 1 has one hello")
        }
    }

    @Test func `fragments make messages, and control frames may stand between them`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            let client = try await Client.ready(door)
            let text = Array(#"{"type":"request","request_id":1,"request":{"type":"open_stream","stream_id":1}}"#.utf8)
            try await client.send(Client.frame(1, Array(text[..<10]), fin: false))
            try await client.send(Client.frame(9, [1, 2, 3]))
            #expect(try await client.next() == .pong([1, 2, 3]))
            for byte in text[10...] { try await client.send(Client.frame(0, [byte], fin: false)) }
            try await client.send(Client.frame(10, []))
            try await client.send(Client.frame(0, []))
            #expect(try await client.answer()["type"].string == "response_ok")
            try await client.send(Client.frame(8, [0x03, 0xE8]))
            #expect(try await client.next() == .close(1000, ""))
            #expect(try await client.next() == .end)
        }
    }

    @Test func `a socket cut at any byte leaves nothing behind`() async throws {
        // What is left open is not to be ended by anything else in time.
        let house = try await HranaHouse { settings, _ in settings.transactionIdle = 300_000_000_000 }
        try await HranaDoor.open(house: house, limits: .sockets) { door in
            let handshake = Array(Client.handshake("/t/acme").utf8)
            let hello = Client.frame(1, Array(#"{"type":"hello"}"#.utf8))
            var requests: [UInt8] = []
            for request in [
                #"{"type":"open_stream","stream_id":1}"#, Client.execute("BEGIN IMMEDIATE", on: 1),
                Client.execute("INSERT INTO t(v) VALUES (1)", on: 1),
            ] {
                requests += Client.frame(1, Array(#"{"type":"request","request_id":1,"request":\#(request)}"#.utf8))
            }
            let all = handshake + hello + requests
            for cut in handshake.count - 1...all.count {
                let client = try await Client.connect(door.door.port)
                try await client.send(Array(all[..<cut]))
                if cut % 2 == 0 { try await client.readHeadIfWhole(cut >= handshake.count) }
                try await client.close()
            }
            // Nobody holds the write lock, nothing was kept.
            let count = try await door.ask(
                post(
                    "/t/acme/v3/pipeline",
                    HranaDoor.pipeline("INSERT INTO t(id, v) SELECT 100, count(*) FROM t RETURNING v")))
            #expect(
                JSON(count.body)["results"][0]["response"]["result"]["rows"][0][0]["value"].string == "0",
                "\(count.body)")
            for _ in 0..<500 where door.seen.alive > 0 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(door.seen.alive == 0)
        }
    }
}

extension SocketClient.Seen {
    fileprivate var code: UInt16? { if case .close(let code, _) = self { code } else { nil } }
}

extension SocketClient {
    fileprivate func readHeadIfWhole(_ isWhole: Bool) async throws {
        if isWhole { try await readHead() }
    }
}
