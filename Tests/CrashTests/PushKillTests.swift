import Foundation
import Processes
import Testing

/// A node that dies at the Nth call of a kind to its disk while it takes what the unmodified client wrote offline: afterwards the client's
/// next `sync()` leaves what was written in the tenant once, and both the same.
///
/// The normal suite meets some calls once; `ROWHOUSE_SWEEP=1` takes every kind, N = 1, 2, 3 … until a push passes without it.
@Suite(.serialized) struct PushKillTests {
    /// The last three: the tenant has it, its history has not.
    static let few = [
        "push-write:2:torn", "push-sync:1:after:lose", "journal-sync:1:lose", "journal-sync:1:after:lose",
        "data-write:1:torn",
        "data-sync:1:lose",
    ]

    @Test(.enabled(if: !UploadKillTests.isWhole)) func `a node that dies while a replica pushes`() throws {
        let round = try PushRound()
        for failpoint in Self.few { #expect(try round.run(failpoint), "\(failpoint) was not met") }
    }

    @Test(.enabled(if: UploadKillTests.isWhole)) func `the same push at every call`() throws {
        let round = try PushRound()
        var deaths = 0
        for point in try round.points() where point.hasPrefix(UploadKillTests.only) {
            var nth = 1
            while try round.run(point.replacingOccurrences(of: "*", with: String(nth))) {
                deaths += 1
                nth += max(1, nth / 4)
            }
            print("\(point): \(nth)")
        }
        print("pushes that died: \(deaths)")
        #expect(deaths > 10 || !UploadKillTests.only.isEmpty)
    }
}

/// One node, a tenant, and a replica that pushes to it.
final class PushRound {
    private let house: CrashHouse
    private let folder = NSTemporaryDirectory() + "rowhouse-push-" + UUID().uuidString
    private var trigger: String { folder + "/armed" }
    private var number = 0
    private var name: String { String(format: "%04d", number) }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        house = try CrashHouse()
        #expect(try Wire(port: house.server.port).send("POST", "/v1/tenants", #"{"key":"up"}"#).status == 201)
        #expect(try ask("CREATE TABLE c(id INTEGER PRIMARY KEY, v UNIQUE)") != nil)
        try client("sync", "same")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// - Parameter mayFail: the node may die meanwhile.
    private func client(_ commands: String..., mayFail: Bool = false) throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("EndToEndTests/Clients/libsql_replica.py").path
        let python = ProcessInfo.processInfo.environment["ROWHOUSE_TEST_PYTHON"] ?? "/usr/bin/python3"
        let outcome = try Command.run(
            python, [script, "\(house.server.url)/t/up", folder + "/replica", "offline"] + commands)
        #expect(mayFail || outcome.status == 0, "\(commands): \(outcome.output.suffix(1500))")
    }

    private func restart(failingAt failpoint: String?) throws {
        try house.restart(failingAt: failpoint, armedBy: trigger)
    }

    /// - Returns: whether the failpoint was met.
    func run(_ failpoint: String) throws -> Bool {
        number += 1
        try restart(failingAt: failpoint)
        #expect(try ask("SELECT 1") == "1")
        _ = FileManager.default.createFile(atPath: trigger, contents: nil)
        try client(
            "write", "INSERT INTO c(v) VALUES ('one \(name)')", "write",
            "INSERT INTO c(v) SELECT 'two \(name)' || hex(randomblob(20000))", "sync", mayFail: true)
        let log = house.server.logText
        let isMet = CrashHouse.hasMetFailpoint(log)
        try restart(failingAt: nil)
        try client("sync", "sync", "whole", "same")
        let found = try ask("SELECT count(*) || ' ' || count(DISTINCT substr(v, 1, 8)) FROM c")
        #expect(found == "\(2 * number) \(2 * number)", "\(failpoint): \(found ?? "nothing")\n\(log)")
        #expect(try ask("PRAGMA integrity_check") == "ok", "\(failpoint)")
        return isMet
    }

    private func ask(_ sql: String) throws -> String? { try house.ask(sql, of: "up") }

    /// Every kind of call that a push makes, and how it goes wrong; `*` stands for N.
    func points() throws -> [String] {
        try restart(failingAt: "none")
        _ = FileManager.default.createFile(atPath: trigger, contents: nil)
        number += 1
        try client(
            "write", "INSERT INTO c(v) VALUES ('one \(name)')", "write", "INSERT INTO c(v) VALUES ('two \(name)')",
            "sync")
        usleep(300_000)
        house.server.stop()
        let names = CrashHouse.callsSeen(house.server.logText)
        #expect(names.contains("push-rename") && names.contains("data-sync"), "\(names)")
        return names.sorted().flatMap { name -> [String] in
            var points = ["\(name):*", "\(name):*:lose"]
            if name.hasSuffix("-write") { points.append("\(name):*:torn") }
            if name.hasSuffix("-rename") { points.append("\(name):*:after") }
            if name.hasSuffix("sync") || name.hasSuffix("folder") { points.append("\(name):*:after:lose") }
            return points
        }
    }
}
