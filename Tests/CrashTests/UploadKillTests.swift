import Foundation
import Processes
import Testing

/// A node that dies at the Nth call of a kind to its disk while a file takes a tenant's place: afterwards the tenant has its old
/// content or the new one, whole, the new one if that was acknowledged, and nothing lies about.
///
/// The normal suite meets some calls once; `ROWHOUSE_SWEEP=1` takes every kind, N = 1, 2, 3 … until an upload passes without it,
/// killed before the call, after it, in the middle of a write, with what was not synced gone, and with the call failing.
@Suite(.serialized) struct UploadKillTests {
    static let environment = ProcessInfo.processInfo.environment
    static let isWhole = environment["ROWHOUSE_SWEEP"] != nil
    static let only = environment["ROWHOUSE_SWEEP_ONLY"] ?? ""

    static let few = [
        "upload-write:3:torn", "upload-sync:1:after:lose", "upload-rename:1:after:lose", "tenant-folder:1:lose",
        "journal-write:1:torn", "journal-sync:1:lose", "journal-sync:1:after:lose", "upload-sync:1:eio",
    ]

    @Test(.enabled(if: !isWhole)) func `a node that dies while a file takes a tenant's place`() throws {
        let round = try UploadRound()
        for failpoint in Self.few { #expect(try round.run(failpoint), "\(failpoint) was not met") }
    }

    @Test(.enabled(if: isWhole)) func `the same at every call`() throws {
        let round = try UploadRound()
        var (rounds, deaths) = (0, 0)
        for point in try round.points() where point.hasPrefix(Self.only) {
            var nth = 1
            while try round.run(point.replacingOccurrences(of: "*", with: String(nth))) {
                (rounds, deaths) = (rounds + 1, deaths + 1)
                nth += max(1, nth / 8)
            }
            rounds += 1
            print("\(point): \(nth)")
        }
        print("uploads \(rounds), deaths \(deaths)")
        #expect(deaths > 20 || !Self.only.isEmpty)
    }
}

/// One node, a tenant, and two files that take turns in its place.
final class UploadRound {
    private let house: CrashHouse
    private let trigger = NSTemporaryDirectory() + "rowhouse-upload-" + UUID().uuidString + ".armed"
    /// By what their rows say.
    private var files: [String: [UInt8]] = [:]
    private var content = "red"

    init() throws {
        house = try CrashHouse()
        let wire = try Wire(port: house.server.port)
        for color in ["red", "blue", "up"] {
            #expect(try wire.send("POST", "/v1/tenants", "{\"key\":\"\(color)\"}").status == 201)
            let fill = """
                CREATE TABLE c(id INTEGER PRIMARY KEY, v); CREATE INDEX cv ON c(v, id);
                INSERT INTO c WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                    SELECT i, '\(color)' FROM n;
                """
            let answer = try wire.send(
                "POST", "/t/\(color)/v3/pipeline", HranaText.pipeline([["type": "sequence", "sql": fill]]))
            try #require(answer.status == 200 && answer.errorCode() == nil, "\(answer.text)")
            files[color] = try wire.send("GET", "/t/\(color)/snapshot").body
        }
        #expect(try put("red", port: house.server.port)?.status == 200)
    }

    deinit { try? FileManager.default.removeItem(atPath: trigger) }

    /// - Returns: nil where the node died before it answered.
    private func put(_ color: String, port: Int) throws -> Wire.Answer? {
        let file = files[color]!
        guard let wire = try? Wire(port: port) else { return nil }
        let head = "PUT /t/up/snapshot HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(file.count)\r\n\r\n"
        guard (try? wire.write(Array(head.utf8) + file)) != nil else { return nil }
        return try? wire.read()
    }

    private func restart(failingAt failpoint: String?) throws {
        try house.restart(failingAt: failpoint, armedBy: trigger)
    }

    /// - Returns: whether the failpoint was met.
    func run(_ failpoint: String) throws -> Bool {
        let next = content == "red" ? "blue" : "red"
        try restart(failingAt: failpoint)
        // Open, with a commit that is not in its file yet.
        #expect(try ask("INSERT INTO c(id, v) VALUES (-1, '\(content)')") != nil)
        _ = FileManager.default.createFile(atPath: trigger, contents: nil)
        let answer = try put(next, port: house.server.port)
        usleep(100_000)
        let log = house.server.logText
        let isMet = CrashHouse.hasMetFailpoint(log)
        try restart(failingAt: nil)
        let found = try ask("SELECT group_concat(DISTINCT v) || count(*) FROM c")
        let whole = ["\(content)2001", "\(next)2000"]
        #expect(found.map { whole.contains($0) } ?? false, "\(failpoint): \(found ?? "nothing")\n\(log)")
        if answer?.status == 200 { #expect(found == whole[1], "\(failpoint): acknowledged and not there") }
        if answer.map({ $0.status != 200 && $0.status != 504 }) ?? false {
            #expect(found == whole[0], "\(failpoint): refused (\(answer!.text)) and there")
        }
        #expect(try ask("PRAGMA integrity_check") == "ok", "\(failpoint)")
        #expect(try ask("DELETE FROM c WHERE id = -1") != nil)
        let temporary = try FileManager.default.contentsOfDirectory(atPath: house.server.directory + "/tmp")
        #expect(temporary.isEmpty, "\(failpoint): \(temporary)")
        content = found == whole[1] ? next : content
        return isMet
    }

    private func ask(_ sql: String) throws -> String? { try house.ask(sql, of: "up") }

    /// Every kind of call that an upload makes, in every way in which it goes wrong; `*` stands for N.
    func points() throws -> [String] {
        try restart(failingAt: "none")
        _ = FileManager.default.createFile(atPath: trigger, contents: nil)
        #expect(try put(content, port: house.server.port)?.status == 200)
        usleep(500_000)
        house.server.stop()
        let names = CrashHouse.callsSeen(house.server.logText)
        #expect(names.contains("upload-rename") && names.contains("journal-sync"), "\(names)")
        return names.sorted().flatMap { name -> [String] in
            var points = ["\(name):*", "\(name):*:lose"]
            if name.hasSuffix("-write") { points.append("\(name):*:torn") }
            if name.hasSuffix("-rename") || name.hasSuffix("-remove") { points.append("\(name):*:after") }
            if name.hasSuffix("sync") || name.hasSuffix("folder") {
                points += ["\(name):*:after:lose", "\(name):*:eio"]
            }
            return points
        }
    }
}
