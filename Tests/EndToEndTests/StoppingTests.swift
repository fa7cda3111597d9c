import Foundation
import Processes
import Testing

/// How a node and the commands end, and what they say when they cannot.
@Suite(.serialized) struct StoppingTests {
    /// Runs a shell line in which `$ROWHOUSE` is the program.
    private func shell(_ line: String) throws -> (code: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", line]
        process.environment = ProcessInfo.processInfo.environment.merging(["ROWHOUSE": ServerProcess.binary]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test func `output that nobody takes ends a command without noise, a full disk with a line`() throws {
        let full = try shell("\"$ROWHOUSE\" version > /dev/full")
        #expect(full.code == 1 && full.output.contains("standard output cannot be written: no space left on device"))
        let gone = try shell("\"$ROWHOUSE\" config print | true; echo ${PIPESTATUS[0]}")
        #expect(["0\n", "1\n"].contains(gone.output), "\(gone.output)")
        let closed = try shell("\"$ROWHOUSE\" version >&-")
        #expect(closed.code == 1, "\(closed.output)")
        #expect(try shell("\"$ROWHOUSE\" version 2>&-").code == 0)
    }

    @Test func `a log that cannot be written ends no node, whether the disk is full or the descriptor closed`() throws {
        for log in ["2>/dev/full", "2>&-"] {
            let server = try ServerProcess(log: .shell(log))
            #expect(try Wire(port: server.port).send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
            #expect(server.stop() == 0)
            for file in try FileManager.default.subpathsOfDirectory(atPath: server.directory) {
                let path = server.directory + "/" + file
                let bytes = FileManager.default.contents(atPath: path) ?? Data()
                #expect(bytes.range(of: Data(" info stopped".utf8)) == nil, "\(file) holds lines of the log")
            }
        }
    }

    @Test func `what a tenant holds is in the lists after a stop, however short the run`() throws {
        let server = try ServerProcess()
        let wire = try Wire(port: server.port)
        #expect(try wire.send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        let written = try wire.send(
            "POST", "/t/acme/v3/pipeline",
            HranaText.pipeline([
                HranaText.execute("CREATE TABLE t (v)"), HranaText.execute("INSERT INTO t VALUES (zeroblob(500000))"),
            ]))
        #expect(written.errorCode(1) == nil)
        #expect(server.stop() == 0)
        try server.start()
        let shown = try Wire(port: server.port).send("GET", "/v1/tenants/acme").object
        #expect((shown["bytes"] as? Int ?? 0) > 500_000 && shown["usedAt"] is String, "\(shown)")
        #expect(server.logText.contains("ready node=n1 tenants=1"), "\(server.logText)")
    }

    @Test func `a port that is taken is said before anything is read`() throws {
        let first = try ServerProcess()
        let folder = first.directory + "-other"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let second = try Tool.run(["serve", "--data", folder, "--listen", "127.0.0.1:\(first.port)"])
        #expect(second.code == 1 && second.output.contains("another process listens there already"), "\(second.output)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/journal"))
    }

    @Test func `a second signal does not wait for what is under way`() throws {
        let server = try ServerProcess()
        #expect(try Wire(port: server.port).send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        let busy = try Wire(port: server.port)
        let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
        let body = HranaText.pipeline([HranaText.execute(endless)])
        let head = "POST /t/acme/v3/pipeline HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        try busy.write(Array((head + body).utf8))
        usleep(300_000)
        server.signal(SIGTERM)
        try server.waitForLog("stopping: waiting for what is under way; a second signal ends it at once requests=1")
        let began = Date()
        #expect(server.stop() == 1)
        // The statement may run for 30 s.
        #expect(Date().timeIntervalSince(began) < 15)
        #expect(server.logText.contains("ended at once by a second signal"))
    }

    @Test func `nobody at the address is said at once`() throws {
        for url in ["http://127.0.0.1:1", "http://no-such-host.invalid:8080"] {
            let began = Date()
            let ended = try Tool.run(["tenant", "list", "--url", url])
            #expect(ended.code == 5 && ended.output.contains("cannot reach \(url)"), "\(ended.output)")
            #expect(Date().timeIntervalSince(began) < 30)
        }
    }
}
