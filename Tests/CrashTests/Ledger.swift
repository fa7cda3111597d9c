import Foundation
import Processes
import Testing

/// What each tenant must hold: the commits that were acknowledged, and those whose fate is not known.
///
/// Every tenant has one writer at a time, which appends to a list, updates a counter and moves rows about in one
/// transaction; so the state after `n` commits is known, and any other state is a commit that is half there.
final class Ledger: @unchecked Sendable {
    // @unchecked: each entry belongs to the writer that claimed it; the table is behind the lock.
    struct Entry {
        var acknowledged = 0
        /// The next commit was sent and no answer came.
        var isInDoubt = false
        var isClaimed = false
    }

    private let lock = NSLock()
    private var entries: [Entry]

    init(tenants: Int) { entries = Array(repeating: Entry(), count: tenants) }

    var count: Int { entries.count }
    var acknowledged: Int { lock.withLock { entries.reduce(0) { $0 + $1.acknowledged } } }

    func name(_ index: Int) -> String { "crash-\(index)" }

    func claim(_ start: Int) -> Int? {
        lock.withLock {
            for offset in 0..<entries.count {
                let index = (start + offset) % entries.count
                if !entries[index].isClaimed, !entries[index].isInDoubt {
                    entries[index].isClaimed = true
                    return index
                }
            }
            return nil
        }
    }

    func next(_ index: Int) -> Int { lock.withLock { entries[index].acknowledged + 1 } }
    func confirm(_ index: Int) { lock.withLock { entries[index].acknowledged += 1 } }
    func doubt(_ index: Int) { lock.withLock { entries[index].isInDoubt = true } }
    func release(_ index: Int) { lock.withLock { entries[index].isClaimed = false } }

    func createTenants(port: Int) throws {
        let wire = try Wire(port: port)
        for index in entries.indices {
            #expect(try wire.send("POST", "/v1/tenants", "{\"key\":\"\(name(index))\"}").status == 201)
            let made = try wire.send(
                "POST", "/t/\(name(index))/v3/pipeline",
                HranaText.pipeline([
                    HranaText.execute("CREATE TABLE log (n INTEGER PRIMARY KEY, pad BLOB)"),
                    HranaText.execute("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER, sum INTEGER)"),
                    HranaText.execute("INSERT INTO counter VALUES (1, 0, 0)"),
                ]))
            #expect(made.status == 200 && made.errorCode(2) == nil)
        }
    }

    /// Commit `n` appends `n`, keeps the last 40 rows, and updates the counter: all or nothing.
    static func commit(_ n: Int, size: Int) -> String {
        HranaText.pipeline([
            [
                "type": "batch",
                "batch": [
                    "steps": [
                        step("BEGIN IMMEDIATE"),
                        step("INSERT INTO log VALUES (\(n), randomblob(\(size)))", after: 0),
                        step("DELETE FROM log WHERE n <= \(n - 40)", after: 1),
                        step("UPDATE counter SET n = \(n), sum = sum + \(n)", after: 2),
                        step("COMMIT", after: 3),
                    ]
                ],
            ]
        ])
    }

    private static func step(_ sql: String, after: Int? = nil) -> [String: Any] {
        var step: [String: Any] = ["stmt": ["sql": sql]]
        if let after { step["condition"] = ["type": "ok", "step": after] }
        return step
    }

    /// Compares every tenant with what it must hold, and settles what was in doubt.
    func check(port: Int) throws {
        let wire = try Wire(port: port)
        for index in entries.indices {
            let answer = try wire.send(
                "POST", "/t/\(name(index))/v3/pipeline",
                HranaText.pipeline([
                    HranaText.execute(
                        "SELECT n, sum, (SELECT count(*) FROM log), (SELECT max(n) FROM log) FROM counter"),
                    HranaText.execute("PRAGMA integrity_check"),
                ]))
            guard let row = answer.rows()?.first, let n = Int(row[0] ?? "") else {
                Issue.record("\(name(index)): \(answer.status) \(answer.text.prefix(300))")
                continue
            }
            let entry = lock.withLock { entries[index] }
            let allowed = entry.isInDoubt ? [entry.acknowledged, entry.acknowledged + 1] : [entry.acknowledged]
            #expect(allowed.contains(n), "\(name(index)): \(n) commits, acknowledged \(entry.acknowledged)")
            #expect(row[1] == String(n * (n + 1) / 2), "\(name(index)): half a commit")
            #expect(row[2] == String(min(n, 40)))
            #expect(n == 0 || row[3] == String(n))
            #expect(answer.rows(1) == [["ok"]])
            lock.withLock { entries[index] = Entry(acknowledged: n) }
        }
    }

    /// After an orderly stop the files are plain and complete: the sqlite3 shell reads them.
    func checkFiles(directory: String) throws {
        let files = FileManager.default.enumerator(atPath: directory + "/tenants")!.compactMap { $0 as? String }
            .filter { $0.hasSuffix(".sqlite") }
        var sums = 0
        for file in files {
            let text = try Self.shell(
                directory + "/tenants/" + file, "SELECT n FROM counter; PRAGMA integrity_check;")
            let lines = text.split(separator: "\n")
            // The catalog and the node state are tenants too, without our tables.
            guard lines.count == 2, let n = Int(lines[0]) else { continue }
            #expect(lines[1] == "ok")
            sums += n
        }
        #expect(sums == acknowledged)
    }

    private static func shell(_ path: String, _ sql: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = ["-readonly", path, sql]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }
}
