import Foundation
import Glibc

/// A throwaway PostgreSQL: its own folder, a free port of the loopback, an unprivileged user. It ends with this process,
/// however that ends, and its folder goes with it.
package final class PostgresServer: @unchecked Sendable {
    // @unchecked: `keeper` is guarded by the lock.

    package struct Failure: Error, CustomStringConvertible { package let description: String }

    /// The folder that `initdb` is in; nil where PostgreSQL's server is not installed.
    package static let binaries: String? = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return (newest + path).first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
    }()

    package static var isInstalled: Bool { binaries != nil }

    /// One for all tests that only need a database.
    package static let shared = Result { try PostgresServer() }

    package let directory: String
    package let port: Int
    private let lock = NSLock()
    private var keeper: Keeper?

    /// Makes a cluster and starts it.
    ///
    /// - Parameter settings: lines of its configuration.
    package convenience init(_ settings: [String] = []) throws {
        let template = try PostgresTemplate.shared.get().directory
        try self.init(at: try Self.folder()) { try Self.run("/bin/cp", ["-r", template + "/data", $0]) }
        try configure(["max_connections = 60", "shared_buffers = 16MB", "log_min_messages = fatal"] + settings)
        try start()
    }

    private init(at directory: String, _ make: (String) throws -> Void) throws {
        self.directory = directory
        port = try Self.freePort()
        try make(directory + "/data")
        try configure(["port = \(port)", "listen_addresses = '127.0.0.1'", "unix_socket_directories = ''"])
    }

    deinit {
        end(SIGQUIT)
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// The same with TLS, by a certificate of its own for `localhost`: ``certificate``, which is its own root.
    package static func withTLS() throws -> PostgresServer {
        let server = try PostgresServer()
        try server.makeCertificate("server")
        try server.configure([
            "ssl = on", "ssl_cert_file = '\(server.certificate)'", "ssl_key_file = '\(server.directory)/server.key'",
        ])
        try server.reload()
        return server
    }

    package var certificate: String { directory + "/server.crt" }

    /// Makes a key and a certificate for it in the server's folder.
    ///
    /// - Returns: the certificate's path.
    @discardableResult
    package func makeCertificate(_ name: String) throws -> String {
        let path = "\(directory)/\(name)"
        try Self.run(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", path + ".key", "-out",
                path + ".crt",
            ])
        return path + ".crt"
    }

    package static var hasOpenSSL: Bool { (try? Command.run("openssl", ["version"]))?.status == 0 }

    /// A standby that follows this one, started; this one waits for it from the next `reload` on if told so.
    package func standby(named name: String) throws -> PostgresServer {
        let server = try PostgresServer(at: try Self.folder()) { try copy(to: $0, named: name) }
        try server.start()
        return server
    }

    /// Makes a server that was killed a standby of another one, at the port that it had.
    package func follow(_ primary: PostgresServer, named name: String) throws {
        let data = directory + "/data"
        try FileManager.default.removeItem(atPath: data)
        try primary.copy(to: data, named: name)
        try configure(["port = \(port)"])
        try start()
    }

    private func copy(to data: String, named name: String) throws {
        try Self.run(
            "pg_basebackup",
            [
                "-D", data, "-R", "-X", "stream", "--no-sync", "-c", "fast", "-d",
                connection + " application_name=\(name)",
            ])
    }

    /// For libpq: the superuser is whoever runs the server.
    package var connection: String { connection(at: "127.0.0.1") }

    package func connection(at host: String) -> String { "host=\(host) port=\(port) user=\(Self.user) dbname=postgres" }

    /// Lets clients of a network in, without a password.
    package func admit(_ network: String) throws {
        guard let file = FileHandle(forWritingAtPath: directory + "/data/pg_hba.conf") else {
            throw Failure(description: "no pg_hba.conf in \(directory)")
        }
        file.seekToEndOfFile()
        file.write(Data("host all all \(network) trust\n".utf8))
        try file.close()
        try reload()
    }

    package func configure(_ lines: [String]) throws {
        let file =
            FileHandle(forWritingAtPath: directory + "/data/postgresql.auto.conf")
            ?? FileHandle(forWritingAtPath: directory + "/data/postgresql.conf")
        guard let file else { throw Failure(description: "no configuration in \(directory)") }
        file.seekToEndOfFile()
        file.write(Data(("\n" + lines.joined(separator: "\n") + "\n").utf8))
        try file.close()
    }

    package func reload() throws { try Self.run("pg_ctl", ["-D", directory + "/data", "reload"]) }

    /// Makes a standby the primary, and returns when it is.
    package func promote() throws { try Self.run("pg_ctl", ["-D", directory + "/data", "-w", "promote"]) }

    /// Returns when it takes connections.
    package func start() throws {
        // A server that was killed may leave processes for a moment, which keep the next one from starting.
        for _ in 0..<100 {
            try launch()
            for _ in 0..<200 {
                if (try? Self.run("pg_isready", ["-q", "-h", "127.0.0.1", "-p", "\(port)"])) != nil { return }
                if !(lock.withLock { keeper?.server.isRunning } ?? false) { break }
                usleep(20_000)
            }
            end(SIGQUIT)
            usleep(100_000)
        }
        throw Failure(description: "PostgreSQL did not start:\n" + logText)
    }

    /// `kill -9` of the whole server: whatever was not on its disk is gone.
    package func kill() { end(SIGKILL) }

    package var logText: String { (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? "" }

    /// Runs SQL as its superuser.
    ///
    /// - Returns: what `psql -At` prints.
    @discardableResult
    package func sql(_ text: String) throws -> String {
        try Self.run("psql", ["-X", "-At", "-d", connection, "-c", text])
    }

    /// The server, and beside it a shell that ends it when this process is gone.
    private func launch() throws {
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        server.arguments =
            ["--chdir=/tmp"] + Self.unprivileged + [Self.binaries! + "/postgres", "-D", directory + "/data"]
        if !FileManager.default.fileExists(atPath: directory + "/log") {
            _ = FileManager.default.createFile(atPath: directory + "/log", contents: nil)
        }
        let log = FileHandle(forWritingAtPath: directory + "/log")!
        log.seekToEndOfFile()
        server.standardInput = FileHandle.nullDevice
        server.standardOutput = log
        server.standardError = log
        try server.run()
        let (watch, pipe) = (Process(), Pipe())
        watch.executableURL = URL(fileURLWithPath: "/bin/sh")
        watch.arguments = [
            "-c", "read -r done || { kill -QUIT \(server.processIdentifier); sleep 1; rm -rf '\(directory)'; }",
        ]
        watch.standardInput = pipe
        try watch.run()
        lock.withLock { keeper = Keeper(server: server, watch: watch, pipe: pipe) }
    }

    private struct Keeper {
        let server: Process
        let watch: Process
        let pipe: Pipe
    }

    private func end(_ signal: Int32) {
        let running = lock.withLock {
            defer { keeper = nil }
            return keeper
        }
        guard let running else { return }
        if running.server.isRunning { Glibc.kill(running.server.processIdentifier, signal) }
        running.server.waitUntilExit()
        try? running.pipe.fileHandleForWriting.write(contentsOf: Data("done\n".utf8))
        running.watch.waitUntilExit()
    }

    /// PostgreSQL refuses to be run by root.
    private static let user = getuid() == 0 ? (getpwnam("postgres") == nil ? "nobody" : "postgres") : NSUserName()

    private static var unprivileged: [String] {
        getuid() == 0 ? ["setpriv", "--reuid=\(user)", "--regid=\(group)", "--clear-groups", "--"] : []
    }

    private static var group: String { String(getpwnam(user)?.pointee.pw_gid ?? 65534) }

    /// Where a server that is killed loses nothing, and waits for no disk.
    private static let base: String = {
        var facts = statvfs()
        guard statvfs("/dev/shm", &facts) == 0, access("/dev/shm", W_OK) == 0 else { return "/tmp" }
        return UInt64(facts.f_bavail) * UInt64(facts.f_frsize) > 2 << 30 ? "/dev/shm" : "/tmp"
    }()

    static func folder() throws -> String {
        // Short, and where every user may look: not in a home directory.
        let path = base + "/rowhouse-postgres-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        if getuid() == 0, let entry = getpwnam(user)?.pointee { chown(path, entry.pw_uid, entry.pw_gid) }
        return path
    }

    /// - Parameter program: of PostgreSQL's, or by its path.
    @discardableResult
    static func run(_ program: String, _ arguments: [String]) throws -> String {
        guard let binaries else { throw Failure(description: "PostgreSQL is not installed") }
        let path = program.hasPrefix("/") ? program : "\(binaries)/\(program)"
        let outcome = try Command.run("env", ["--chdir=/tmp"] + unprivileged + [path] + arguments)
        guard outcome.status == 0 else { throw Failure(description: "\(program): \(outcome.output)") }
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func freePort() throws -> Int { try ServerProcess.freePort() }
}
