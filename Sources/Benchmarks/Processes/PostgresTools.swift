import Foundation

/// PostgreSQL's programs on this machine.
package struct PostgresTools: Sendable {
    let folder: String
    /// For example `15`.
    package let version: String
    /// Words that run a command as a user whom PostgreSQL accepts: it refuses to serve as root.
    let asUser: [String]

    /// - Returns: nil where they are not installed, or where nobody but root is at hand to run them.
    package static func find() -> PostgresTools? {
        let root = "/usr/lib/postgresql"
        let packaged = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let folders = packaged.sorted { $0.compare($1, options: .numeric) == .orderedDescending }.map {
            "\(root)/\($0)/bin"
        }
        for folder in folders + ["/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"] {
            let isWhole = ["initdb", "postgres", "pgbench", "psql"].allSatisfy {
                FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
            }
            guard isWhole, let user = user(), let version = version(folder) else { continue }
            return PostgresTools(folder: folder, version: version, asUser: user)
        }
        return nil
    }

    func command(_ name: String, _ arguments: [String]) -> [String] { asUser + ["\(folder)/\(name)"] + arguments }

    private static func user() -> [String]? {
        guard geteuid() == 0 else { return [] }
        guard getpwnam("postgres") != nil else { return nil }
        // Not `su` or `runuser`, which stay as the server's parent.
        return ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
    }

    /// `initdb (PostgreSQL) 15.14 (Debian …)`
    private static func version(_ folder: String) -> String? {
        guard let ended = try? Command.run(["\(folder)/initdb", "--version"]), ended.status == 0 else { return nil }
        let number = ended.output.split(separator: " ").first { $0.first?.isNumber ?? false }
        return number?.split(separator: ".").first.map(String.init)
    }
}
