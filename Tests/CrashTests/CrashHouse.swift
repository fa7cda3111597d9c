import Foundation
import Processes

/// A server that is made to crash, with small bounds, so that a short life has all that a long one has.
final class CrashHouse: @unchecked Sendable {
    // @unchecked: used by one test at a time.
    /// One of each auto_vacuum.
    static let schemas = ["default", "full", "incremental"]

    let server: ServerProcess
    private let folder: String

    init(node: String = "n1", _ arguments: [String] = [], start: Bool = true) throws {
        folder = NSTemporaryDirectory() + "rowhouse-crash-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var schemas: [String] = []
        for (name, mode) in zip(Self.schemas, ["none", "full", "incremental"]) {
            let path = "\(folder)/\(name).sql"
            try "PRAGMA auto_vacuum=\(mode);\n\(Model.schema)".write(toFile: path, atomically: true, encoding: .utf8)
            let match = name == "default" ? "" : "match: \"\(name):*\", "
            schemas.append("\(name): {\(match)template: \"\(path)\"}")
        }
        server = try ServerProcess(
            Self.bounds + [
                "--set", "node.id=\(node)", "--set", "schemas={\(schemas.joined(separator: ", "))}",
            ] + arguments, directory: folder + "/data",
            starts: start)
    }

    deinit {
        server.kill()
        if ProcessInfo.processInfo.environment["ROWHOUSE_KEEP"] == nil {
            try? FileManager.default.removeItem(atPath: folder)
        }
    }

    private static let bounds = [
        "journal.segment=4MiB", "journal.size=64MiB", "journal.recovery=16MiB", "limits.transaction-size=8MiB",
        "limits.wal-memory-tenant=16MiB", "limits.wal-memory-node=64MiB", "limits.open-tenants=40",
    ].flatMap { ["--set", $0] }

    /// The next start fails so; nil does not.
    ///
    /// - Parameter armedBy: calls count from when this file exists.
    func failAt(_ failpoint: String?, armedBy: String? = nil, breaking breach: Breach? = nil) {
        var environment: [String: String] = [:]
        environment["ROWHOUSE_FAILPOINT"] = failpoint
        if failpoint == "none" { environment["ROWHOUSE_FAILPOINT_NAMES"] = "1" }
        environment["ROWHOUSE_FAILPOINT_ARMED_BY"] = armedBy
        breach?.disturb(&environment)
        server.environment = environment
    }

    /// - Parameter log: of a process with a failpoint, which also says there what it is going to do.
    static func hasMetFailpoint(_ log: String) -> Bool {
        log.contains("failpoint: killed") || log.contains("failpoint: failed")
    }

    /// The kinds of calls that a process saw which had `none` for a failpoint.
    static func callsSeen(_ log: String) -> Set<String> {
        let mark = "failpoint: saw "
        return Set(
            log.split(separator: "\n").compactMap { $0.hasPrefix(mark) ? String($0.dropFirst(mark.count)) : nil })
    }

    /// Killed, and started with the failpoint, which counts from when the file exists; nil is none.
    func restart(failingAt failpoint: String?, armedBy trigger: String) throws {
        try? FileManager.default.removeItem(atPath: trigger)
        server.kill()
        failAt(failpoint, armedBy: failpoint == nil ? nil : trigger)
        try? FileManager.default.removeItem(atPath: server.log)
        try server.start()
    }

    /// - Returns: the first value, or "" without one; nil where it fails.
    func ask(_ sql: String, of tenant: String) throws -> String? {
        let answer = try Wire(port: server.port).send(
            "POST", "/t/\(tenant)/v3/pipeline", HranaText.pipeline([HranaText.execute(sql)]))
        return answer.rows().map { $0.first?.first.flatMap { $0 } ?? "" }
    }
}
