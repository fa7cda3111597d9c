import Foundation
import Processes
import Testing

/// Unmodified clients from PyPI, as a user has them.
@Suite(.serialized) struct ClientTests {
    @Test(arguments: ["path", "host"])
    func `libsql reads, writes, and keeps transactions`(addressing: String) throws {
        try run("libsql_remote.py", addressing)
    }

    @Test(arguments: ["path", "host"])
    func `libsql-client executes and batches over HTTP`(addressing: String) throws {
        try run("libsql_client_http.py", addressing)
    }

    @Test(arguments: ["path", "host"])
    func `libsql-client executes, batches and keeps transactions over a WebSocket`(addressing: String) throws {
        try run("libsql_client_ws.py", addressing, scheme: "ws")
    }

    /// No client for Python speaks it: the script has an encoder of its own, written from the protocol's messages.
    @Test func `pipelines and cursors in Protocol Buffers`() throws { try run("protobuf_http.py", "path") }

    private func run(_ script: String, _ addressing: String, scheme: String = "http") throws {
        let server = try ServerProcess(["--set", "domain=0.0.1"])
        // Under the domain 0.0.1 the host 127.0.0.1 names tenant "127": host addressing without a name server.
        #expect(try Wire(port: server.port).send("POST", "/v1/tenants", #"{"key":"127"}"#).status == 201)
        let place = addressing == "path" ? "localhost:\(server.port)/t/127/" : "127.0.0.1:\(server.port)"
        let outcome = try Python.run(script, ["\(scheme)://\(place)"])
        #expect(outcome.code == 0, "\(outcome.output)\n\(server.logText.suffix(2000))")
    }
}

enum Python {
    /// `ROWHOUSE_TEST_PYTHON` has the clients; `deploy/test` makes it.
    static func run(_ script: String, _ arguments: [String]) throws -> (code: Int32, output: String) {
        let process = Process()
        let python = ProcessInfo.processInfo.environment["ROWHOUSE_TEST_PYTHON"] ?? "/usr/bin/python3"
        process.executableURL = URL(fileURLWithPath: python)
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Clients")
        process.arguments = [folder.appendingPathComponent(script).path] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
