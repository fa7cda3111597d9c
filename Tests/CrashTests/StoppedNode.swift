import Foundation
import Vocabulary

/// The files of a node that was stopped in order, looked at from outside: what the node's own books say of each must be so.
struct StoppedNode {
    /// What the node state says of a tenant.
    struct Facts {
        let tenant: String
        let generation: String
        let epoch: Int
        let pages: Int
        let checksum: UInt64
        let damage: String

        /// From the data directory on.
        var path: String {
            "tenants/\(tenant.prefix(2))/\(tenant.dropFirst(2).prefix(2))/\(tenant).\(generation).sqlite"
        }
    }

    static let nameless = " is nobody's"

    let directory: String
    var node = "n1"

    /// A tenant's row in the catalog.
    struct Row {
        let tenant: String
        let state: String
        let owner: String
    }

    /// - Parameter rows: of the catalog; nil for those of the catalog on this node.
    /// - Returns: what is wrong.
    func check(_ rows: [Row]? = nil) throws -> [String] {
        let facts = try facts()
        var wrong: [String] = []
        var named: Set<String> = [try nodeState()]
        for tenant in facts {
            let path = tenant.path
            named.insert(path)
            if !tenant.damage.isEmpty { wrong.append("\(tenant.tenant) is damaged: \(tenant.damage)") }
            guard let bytes = FileManager.default.contents(atPath: directory + "/" + path) else {
                wrong.append("\(path) is missing")
                continue
            }
            let found = Self.checksum(bytes)
            if bytes.count != tenant.pages * PageHash.pageSize || found != tenant.checksum {
                wrong.append("\(path) is not what its rolling checksum says")
            }
        }
        for file in try files() where !named.contains(file) { wrong.append(file + Self.nameless) }
        return try wrong + compare(Set(facts.map(\.tenant)), rows ?? placements(facts))
    }

    /// The catalog's rows and the files say the same.
    private func compare(_ tenants: Set<String>, _ rows: [Row]) -> [String] {
        let moving = rows.filter { $0.state != "stable" }.map { "\($0.tenant) is still \($0.state)" }
        let here = rows.filter { $0.owner == node }.map(\.tenant)
        let lost = Set(here).subtracting(tenants).map { "\($0) has a row and no file" }
        let orphans = tenants.subtracting(here + [TenantID.catalog.description]).map {
            "\($0) has a file here and no row that says so"
        }
        return moving + lost + orphans
    }

    func placements() throws -> [Row] { try placements(facts()) }

    private func placements(_ facts: [Facts]) throws -> [Row] {
        guard let catalog = facts.first(where: { $0.tenant == TenantID.catalog.description }) else {
            throw NotFound(what: "the catalog in \(facts.map(\.tenant))")
        }
        return try shell(
            catalog.path,
            "SELECT printf('%016x', t.id), p.state, p.owner FROM tenants t JOIN placements p ON p.tenant = t.id"
        ).map { Row(tenant: $0[0], state: $0[1], owner: $0[2]) }
    }

    /// Of all tenants but the node state: its own facts stand in the journal's manifest, and a row of its own would be of
    /// the past.
    func facts() throws -> [Facts] {
        try shell(
            nodeState(),
            "SELECT printf('%016x', id), generation, epoch, pages, checksum, coalesce(damage, '') FROM tenants"
        ).map { row in
            Facts(
                tenant: row[0], generation: row[1], epoch: Int(row[2])!, pages: Int(row[3])!,
                checksum: UInt64(bitPattern: Int64(row[4])!), damage: row[5])
        }.filter { $0.tenant != TenantID.nodeState.description }
    }

    /// The path of the node state. One that a process was killed over while making it has an older generation, and is
    /// nobody's.
    private func nodeState() throws -> String {
        let found = try files().filter { $0.contains("/\(TenantID.nodeState).") && $0.hasSuffix(".sqlite") }
        guard let newest = found.max(by: { Self.generation($0) < Self.generation($1) }) else {
            throw NotFound(what: "the node state in \(try files())")
        }
        return newest
    }

    private static func generation(_ path: String) -> Int {
        path.split(separator: ".").dropLast().last.flatMap { Int($0) } ?? 0
    }

    struct NotFound: Error { let what: String }

    /// Everything below `tenants`, as paths from the data directory on.
    private func files() throws -> [String] {
        FileManager.default.enumerator(atPath: directory + "/tenants")!.compactMap { $0 as? String }
            .filter { $0.contains(".") }.map { "tenants/" + $0 }
    }

    static func checksum(_ file: Data) -> UInt64 {
        file.withUnsafeBytes { raw in
            (0..<(raw.count / PageHash.pageSize)).reduce(0) { sum, page in
                sum ^ PageHash.of(page: raw.baseAddress! + page * PageHash.pageSize, number: UInt32(page + 1))
            }
        }
    }

    /// Rows of the sqlite3 shell, which knows nothing of us.
    func shell(_ path: String, _ sql: String) throws -> [[String]] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        // Immutable: no log file is made beside it.
        process.arguments = ["file:\(directory)/\(path)?immutable=1", sql]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).split(separator: "\n")
            .map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
    }
}
