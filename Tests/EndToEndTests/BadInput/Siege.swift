import Foundation
import Processes
import Testing

/// A server with something to lose: bad requests are put to it, and what it holds is compared before and after.
final class Siege {
    let server: ServerProcess
    private let headers: [String: String]
    private let before: String

    /// - Parameter token: of an administrator, where the server has credentials.
    init(_ arguments: [String] = [], token: String? = nil) throws {
        server = try ServerProcess(arguments)
        headers = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        let wire = try Wire(port: server.port)
        for key in ["acme", "other"] {
            guard try wire.send("POST", "/v1/tenants", "{\"key\":\"\(key)\"}", headers: headers).status == 201 else {
                throw ServerProcess.Failure(description: "tenant \(key) could not be made:\n" + server.logText)
            }
            let made = try wire.send(
                "POST", "/t/\(key)/v3/pipeline",
                HranaText.pipeline([
                    HranaText.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"),
                    HranaText.execute("INSERT INTO t VALUES (1, ?), (2, 'two')", [key]),
                ]), headers: headers)
            #expect(made.errorCode(0) == nil && made.errorCode(1) == nil)
        }
        before = try Self.contents(server, headers)
    }

    func connect() throws -> Wire { try Wire(port: server.port) }

    /// A bookmark tells of every commit, so this is what tenants held and that nothing was committed; beside it, which
    /// tenants there are.
    private static func contents(_ server: ServerProcess, _ headers: [String: String]) throws -> String {
        let wire = try Wire(port: server.port)
        var text = ""
        for key in ["acme", "other"] {
            let answer = try wire.send(
                "POST", "/t/\(key)/v3/pipeline",
                HranaText.pipeline([
                    HranaText.execute("SELECT * FROM t"), HranaText.execute("SELECT sql FROM sqlite_schema"),
                ]), headers: headers)
            text +=
                "\(key) \(answer.headers["rowhouse-bookmark"] ?? "") \(answer.rows() ?? []) \(answer.rows(1) ?? [])\n"
        }
        let list = try wire.send("GET", "/v1/tenants", headers: headers).object["items"] as? [[String: Any]] ?? []
        for tenant in list {
            text +=
                ["key", "id", "state", "labels", "quotas", "schema"].map { "\(tenant[$0] ?? "")" }.joined(
                    separator: " ") + "\n"
        }
        return text
    }

    /// Puts each case to the server, on a connection of its own that must work afterwards unless it has ended.
    func put(_ cases: [Bad], at place: SourceLocation = #_sourceLocation) throws {
        for bad in cases {
            let wire = try connect()
            // A server that has answered may read no further.
            try? wire.write(bad.bytes)
            guard let answer = try? wire.read(isHead: bad.form == .empty) else {
                Issue.record("\(bad.name): no answer", sourceLocation: place)
                continue
            }
            bad.check(answer, in: place)
            if bad.ends {
                #expect(wire.isAtEnd(), "\(bad.name): goes on", sourceLocation: place)
            } else {
                let next = try? wire.send("POST", "/t/acme/v3/pipeline", Raw.select, headers: headers)
                #expect(next?.rows() == [["1"]], "\(bad.name): the connection is of no use", sourceLocation: place)
            }
        }
    }

    func expectUntouched(at place: SourceLocation = #_sourceLocation) throws {
        let after = try Self.contents(server, headers)
        #expect(after == before, "before: \(before)after: \(after)", sourceLocation: place)
    }

    /// Bytes of memory that the server has held at most, from `/proc`.
    func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(server.processIdentifier)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }
}
