import Access
import Foundation
import Processes
import Seams
import Testing

/// SIGHUP: what may change while a node runs is taken up, the rest is named, and with a mistake nothing changes.
@Suite(.serialized) struct ReloadTests {
    private let path = NSTemporaryDirectory() + "rowhouse-reload-" + UUID().uuidString + ".yaml"
    private let first = AdminToken.make(name: "first", scopes: [.admin], random: SystemRandom())
    private let second = AdminToken.make(name: "second", scopes: [.admin], random: SystemRandom())

    private func configure(_ tokens: [String], _ more: String = "") throws {
        let text = "access:\n  admin-tokens:\n" + tokens.map { "    \($0)\n" }.joined() + more
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private func status(_ server: ServerProcess, _ token: String) throws -> Int {
        try Wire(port: server.port).send("GET", "/v1/tenants", headers: ["Authorization": "Bearer \(token)"]).status
    }

    private func allowed(_ server: ServerProcess) throws -> String? {
        try Wire(port: server.port).send(
            "GET", "/healthz", headers: ["Origin": "https://app.example.com", "Authorization": "Bearer \(first.token)"]
        ).headers["access-control-allow-origin"]
    }

    @Test func `tokens and origins change without a restart, the rest is named, a mistake changes nothing`() throws {
        try configure([first.configLine])
        defer { try? FileManager.default.removeItem(atPath: path) }
        let server = try ServerProcess(["--config", path])
        #expect(try status(server, first.token) == 200 && status(server, second.token) == 401)
        #expect(try allowed(server) == nil)

        try configure(
            [first.configLine, second.configLine],
            "cors: {origins: [\"https://app.example.com\"]}\naudit: {keep: 30d}\n")
        server.signal(SIGHUP)
        try server.waitForLog("these keys changed and need a restart keys=audit.keep")
        #expect(server.logText.contains("taken_up=access.admin-tokens,cors.origins"))
        #expect(try status(server, second.token) == 200 && status(server, first.token) == 200)
        #expect(try allowed(server) == "https://app.example.com")

        try configure([second.configLine], "cors: {origin: []}\n")
        server.signal(SIGHUP)
        try server.waitForLog("the configuration has mistakes; nothing of it was taken up")
        #expect(try status(server, first.token) == 200)

        // A token that is taken away is refused from then on.
        try configure([second.configLine])
        server.signal(SIGHUP)
        for _ in 0..<500 where server.logText.matches(of: /configuration read again/).count < 2 { usleep(10_000) }
        #expect(try status(server, first.token) == 401 && status(server, second.token) == 200)

        try "node: {}\n".write(toFile: path, atomically: true, encoding: .utf8)
        server.signal(SIGHUP)
        try server.waitForLog("a node begins anew; nothing was taken up")
        #expect(try status(server, second.token) == 200)
        #expect(server.stop() == 0)
    }
}
