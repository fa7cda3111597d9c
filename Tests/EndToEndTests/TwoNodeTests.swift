import Foundation
import Processes
import Testing

/// Two processes, one catalog: either is asked for any tenant, and tenants move between them under load.
@Suite(.serialized) struct TwoNodeTests {
    @Test func `real clients work through the owner and through the other node`() throws {
        let pair = try Pair()
        for index in 0..<6 { try pair.create("t\(index)") }
        let owners = Set(try (0..<6).map { try pair.owner("t\($0)") })
        #expect(owners == ["n1", "n2"], "new tenants are shared out")
        for node in [pair.first, pair.second] {
            for index in 0..<2 {
                let key = "t\(index)"
                let outcome = try Python.run("libsql_remote.py", ["\(node.url)/t/\(key)/"])
                #expect(outcome.code == 0, "\(outcome.output)")
                _ = try Wire(port: node.port).send(
                    "POST", "/t/\(key)/v3/pipeline", HranaText.pipeline([HranaText.execute("DROP TABLE people")]))
            }
        }
    }

    @Test func `a WebSocket works through either node, and goes on while its tenant moves`() throws {
        let pair = try Pair()
        for key in ["s0", "s1"] {
            try pair.create(key)
            for node in [pair.first, pair.second] {
                let outcome = try Python.run("libsql_client_ws.py", ["ws://127.0.0.1:\(node.port)/t/\(key)"])
                #expect(outcome.code == 0, "\(outcome.output)\n\(node.logText.suffix(600))")
                _ = try Wire(port: node.port).send(
                    "POST", "/t/\(key)/v3/pipeline", HranaText.pipeline([HranaText.execute("DROP TABLE t")]))
            }
        }
        let url = "ws://127.0.0.1:\(pair.second.port)/t/s0"
        let outcome = Locked<(code: Int32, output: String)?>(nil)
        let group = DispatchGroup()
        group.enter()
        Thread {
            let ended = try? Python.run("libsql_client_moving.py", [url, "3"])
            outcome.set(ended)
            group.leave()
        }.start()
        usleep(700_000)
        for _ in 0..<2 { try pair.move("s0", to: try pair.owner("s0") == "n1" ? "n2" : "n1") }
        group.wait()
        #expect(outcome.value?.code == 0, "\(outcome.value?.output ?? "")")
    }

    @Test func `cursors and Protocol Buffers on WebSockets, through either node, with rows of any size`() throws {
        let pair = try Pair()
        for key in ["c0", "c1"] { try pair.create(key) }
        #expect(try pair.owner("c0") != pair.owner("c1"))
        for node in [pair.first, pair.second] {
            let outcome = try Python.run("hrana_ws.py", ["127.0.0.1:\(node.port)", "c0", "c1"])
            #expect(outcome.code == 0, "\(outcome.output)\n\(node.logText.suffix(600))")
        }
    }

    @Test func `a tenant moves there and back under writes without a failed request`() throws {
        let pair = try Pair()
        try pair.create("m")
        _ = try Wire(port: pair.first.port).send(
            "POST", "/t/m/v3/pipeline",
            HranaText.pipeline([HranaText.execute("CREATE TABLE m (v INTEGER PRIMARY KEY)")]))
        let writers = Writers(key: "m", ports: [pair.first.port, pair.second.port], count: 4)
        writers.start()
        for _ in 0..<3 {
            usleep(300_000)
            let target = try pair.owner("m") == "n1" ? "n2" : "n1"
            try pair.move("m", to: target)
            #expect(try pair.owner("m") == target)
        }
        writers.stop()
        #expect(writers.failures.isEmpty, "\(writers.failures.prefix(3))")
        let rows = try Wire(port: pair.second.port).send(
            "POST", "/t/m/v3/pipeline", HranaText.pipeline([HranaText.execute("SELECT count(*), sum(v) FROM m")]))
        #expect(rows.rows() == [[String(writers.written.count), String(writers.written.reduce(0, +))]])
    }

    @Test func `a tenant that moved is there after both nodes were killed`() throws {
        let pair = try Pair()
        try pair.create("k")
        let wire = try Wire(port: pair.first.port)
        _ = try wire.send(
            "POST", "/t/k/v3/pipeline",
            HranaText.pipeline([HranaText.execute("CREATE TABLE t (v)"), HranaText.execute("INSERT INTO t VALUES (7)")])
        )
        let target = try pair.owner("k") == "n1" ? "n2" : "n1"
        try pair.move("k", to: target)
        pair.second.kill()
        pair.first.kill()
        try pair.first.start()
        try pair.second.start()
        for node in [pair.first, pair.second] {
            let read = try Wire(port: node.port).send(
                "POST", "/t/k/v3/pipeline", HranaText.pipeline([HranaText.execute("SELECT v FROM t")]))
            #expect(read.rows() == [["7"]], "\(read.status) \(read.text.prefix(200))")
        }
        #expect(try pair.owner("k") == target)
    }

    @Test func `calls between nodes are nobody else's`() throws {
        let pair = try Pair()
        try pair.create("x")
        let wire = try Wire(port: pair.first.port)
        #expect(try wire.send("POST", "/.rowhouse/catalog", "x").status == 404)
        let forged = try Wire(port: pair.first.port).send(
            "POST", "/t/x/v3/pipeline", HranaText.pipeline([HranaText.execute("SELECT 1")]),
            headers: [
                "Rowhouse-Internal-Stamp": "0000000000000100.1.eA", "Rowhouse-Internal-Authority": "0000000000000000.3",
            ])
        #expect(forged.status == 400)
    }
}

/// Node n1 with the catalog and node n2 that uses it.
final class Pair {
    let first: ServerProcess
    let second: ServerProcess
    let key: String
    private let settings: [String]

    /// - Parameter settings: arguments for all.
    init(_ settings: [String] = []) throws {
        self.settings = settings
        key = NSTemporaryDirectory() + "rowhouse-key-" + UUID().uuidString
        _ = FileManager.default.createFile(
            atPath: key, contents: Data((UUID().uuidString + UUID().uuidString).utf8),
            attributes: [.posixPermissions: 0o600])
        first = try ServerProcess(
            [
                "--set", "node.id=n1", "--set", "cluster.key-file=\(key)", "--set", "node.advertise={url}",
            ] + settings)
        second = try ServerProcess(
            [
                "--set", "node.id=n2", "--set", "cluster.key-file=\(key)", "--set", "node.advertise={url}", "--set",
                "catalog={remote: \"\(first.url)\"}",
            ] + settings)
        // Each learns the other's address within a second.
        usleep(1_500_000)
    }

    deinit { try? FileManager.default.removeItem(atPath: key) }

    /// Node n3, which joins the two.
    func third() throws -> ServerProcess {
        let node = try ServerProcess(
            [
                "--set", "node.id=n3", "--set", "cluster.key-file=\(key)", "--set", "node.advertise={url}", "--set",
                "catalog={remote: \"\(first.url)\"}",
            ] + settings)
        usleep(1_500_000)
        return node
    }

    func create(_ name: String) throws {
        let answer = try Wire(port: first.port).send("POST", "/v1/tenants", "{\"key\":\"\(name)\"}")
        #expect(answer.status == 201, "\(answer.text)")
    }

    func owner(_ name: String) throws -> String {
        try Wire(port: second.port).send("GET", "/v1/tenants/\(name)").object["node"] as? String ?? ""
    }

    /// Asks the node that may not be the source, and waits for the end.
    func move(_ name: String, to target: String) throws {
        let begun = try Wire(port: second.port).send(
            "POST", "/v1/moves", "{\"tenant\":\"\(name)\",\"to\":\"\(target)\"}")
        #expect(begun.status == 202, "\(begun.text)")
        let id = begun.object["id"] as? String ?? ""
        for _ in 0..<400 {
            let state = try Wire(port: first.port).send("GET", "/v1/moves/\(id)").object["state"] as? String
            if state == "done" { return }
            if state == "aborted" { break }
            usleep(25_000)
        }
        Issue.record("the move did not end: \(first.logText.suffix(600))")
    }
}

/// Writers that insert numbers of their own, each acknowledged or counted as a failure.
final class Writers: @unchecked Sendable {
    // @unchecked: everything shared is behind the lock.
    private let key: String
    private let ports: [Int]
    private let count: Int
    private let lock = NSLock()
    private let group = DispatchGroup()
    private var isStopped = false
    private(set) var written: [Int] = []
    private(set) var failures: [String] = []

    init(key: String, ports: [Int], count: Int) {
        self.key = key
        self.ports = ports
        self.count = count
    }

    func start() {
        for number in 0..<count {
            group.enter()
            Thread { [self] in
                write(number)
                group.leave()
            }.start()
        }
    }

    func stop() {
        lock.withLock { isStopped = true }
        group.wait()
    }

    /// The same in different words: most of them read before they write.
    private static func program(_ sql: String, _ round: Int) -> [[String: Any]] {
        let read = HranaText.execute("SELECT max(v) FROM m")
        let write = HranaText.execute(sql)
        switch round % 6 {
        case 0: return [write]
        case 1: return [read, write]
        case 2:
            return [["type": "store_sql", "sql_id": 1, "sql": sql], ["type": "execute", "stmt": ["sql_id": 1]]]
        case 3: return [["type": "sequence", "sql": "SELECT max(v) FROM m; \(sql)"]]
        case 4:
            return [["type": "batch", "batch": ["steps": [["stmt": ["sql": "SELECT 1"]], ["stmt": ["sql": sql]]]]]]
        default: return [HranaText.execute("BEGIN"), read, write, HranaText.execute("COMMIT")]
        }
    }

    private func write(_ number: Int) {
        guard let wire = try? Wire(port: ports[number % ports.count]) else { return }
        for round in 0..<1_000_000 {
            if lock.withLock({ isStopped }) { return }
            let value = number * 1_000_000 + round
            let answer = try? wire.send(
                "POST", "/t/\(key)/v3/pipeline",
                HranaText.pipeline(Self.program("INSERT INTO m VALUES (\(value))", round)))
            let isDone = answer?.status == 200 && (0..<5).allSatisfy { answer?.errorCode($0) == nil }
            lock.withLock {
                if isDone {
                    written.append(value)
                } else {
                    failures.append("\(answer?.status ?? 0) \(answer?.text ?? "")")
                }
            }
            if answer == nil { return }
        }
    }
}

/// A value that two threads share.
final class Locked<Value>: @unchecked Sendable {
    // @unchecked: behind the lock.
    private let lock = NSLock()
    private var held: Value
    init(_ value: Value) { held = value }
    var value: Value { lock.withLock { held } }
    func set(_ value: Value) { lock.withLock { held = value } }
}
