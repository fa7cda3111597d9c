import Foundation
import Processes
import Testing

/// Names are given twice and disks are lost: who is who is told by what the data directories hold.
@Suite(.serialized) struct NodeIdentityTests {
    @Test func `a node that was given another's name is refused, and the other goes on`() throws {
        let pair = try Pair()
        for index in 0..<4 { try pair.create("t\(index)") }
        let refusal = Self.refusal { _ = try pair.another(["--set", "node.id=n2"]) }
        #expect(refusal.contains("node n2 is registered with another data directory"), "\(refusal)")
        // Longer than a renewal takes.
        usleep(2_500_000)
        for index in 0..<4 { #expect(try pair.select("t\(index)", at: pair.second) == 200) }
        // Without a name it makes one up.
        let third = try pair.another([])
        let nodes = try Wire(port: pair.first.port).send("GET", "/v1/nodes").text
        #expect(nodes.matches(of: /"state":"up"/).count == 3 && nodes.contains("\"n-"), "\(nodes)")
        #expect(third.stop() == 0)
    }

    @Test func `a lost directory is replaced only when somebody says so`() throws {
        let pair = try Pair()
        pair.second.kill()
        let heir = try pair.another(["--set", "node.id=n2", "--replace-node"])
        heir.stop()
        let refusal = Self.refusal { try pair.second.start() }
        #expect(refusal.contains("node n2 is registered with another data directory"), "\(refusal)")
    }

    @Test func `a catalog that was begun anew is nobody's`() throws {
        let pair = try Pair()
        let key = try pair.createOnSecond()
        #expect(try pair.select(key, at: pair.second) == 200)
        pair.first.kill()
        let aside = pair.first.directory + ".aside"
        try FileManager.default.moveItem(atPath: pair.first.directory, toPath: aside)
        defer { try? FileManager.default.removeItem(atPath: aside) }
        try FileManager.default.createDirectory(atPath: pair.first.directory, withIntermediateDirectories: true)
        try pair.first.start()
        // Longer than a renewal takes: the second node is neither stopped nor told that its tenants are gone.
        usleep(2_500_000)
        #expect(try pair.select(key, at: pair.second) == 200)
        #expect(try pair.select("not-known-here", at: pair.second) == 503)
        #expect(try Wire(port: pair.second.port).send("POST", "/v1/tenants", "{\"key\":\"new\"}").status == 503)
        pair.second.kill()
        let refusal = Self.refusal { try pair.second.start() }
        #expect(refusal.contains("is not the one that") && refusal.contains("--replace-catalog"), "\(refusal)")

        pair.first.kill()
        try FileManager.default.removeItem(atPath: pair.first.directory)
        try FileManager.default.moveItem(atPath: aside, toPath: pair.first.directory)
        try pair.first.start()
        try pair.second.start()
        #expect(try pair.select(key, at: pair.second) == 200)
        #expect(try pair.select("not-known-here", at: pair.second) == 404)
        // A directory whose catalog is elsewhere is not given one by a word in the configuration.
        pair.second.kill()
        let mistaken = Self.refusal { _ = try pair.on(pair.second.directory, ["--set", "catalog=embedded"]) }
        #expect(mistaken.contains("whose catalog is not in it"), "\(mistaken)")
    }

    /// What a server says that does not start.
    private static func refusal(_ start: () throws -> Void) -> String {
        do {
            try start()
            return "it started"
        } catch {
            return "\(error)"
        }
    }
}

extension Pair {
    /// A further node that uses the first one's catalog.
    func another(_ arguments: [String]) throws -> ServerProcess {
        try ServerProcess(
            [
                "--set", "cluster.key-file=\(key)", "--set", "node.advertise={url}", "--set",
                "catalog={remote: \"\(first.url)\"}",
            ]
                + arguments)
    }

    /// A node on a directory that is there.
    func on(_ directory: String, _ arguments: [String]) throws -> ServerProcess {
        try ServerProcess(
            ["--set", "cluster.key-file=\(key)", "--set", "node.advertise={url}"] + arguments, directory: directory)
    }

    /// New tenants are shared out.
    func createOnSecond() throws -> String {
        for index in 0..<50 {
            try create("s\(index)")
            if try owner("s\(index)") == "n2" { return "s\(index)" }
        }
        throw ServerProcess.Failure(description: "none of fifty tenants is on n2")
    }

    func select(_ tenant: String, at node: ServerProcess) throws -> Int {
        try Wire(port: node.port).send(
            "POST", "/t/\(tenant)/v3/pipeline", HranaText.pipeline([HranaText.execute("SELECT 1")])
        ).status
    }
}
