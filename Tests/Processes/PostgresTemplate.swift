import Foundation

/// What `initdb` makes, once for all servers of this process. It goes with the process.
final class PostgresTemplate: Sendable {
    static let shared = Result { try PostgresTemplate() }

    let directory: String
    /// Held open: its end tells the shell that this process is gone.
    private let pipe = Pipe()

    private init() throws {
        directory = try PostgresServer.folder()
        let watch = Process()
        watch.executableURL = URL(fileURLWithPath: "/bin/sh")
        watch.arguments = ["-c", "read -r done; rm -rf '\(directory)'"]
        watch.standardInput = pipe
        try watch.run()
        try PostgresServer.run(
            "initdb", ["-D", directory + "/data", "-A", "trust", "--no-sync", "-E", "UTF8"])
    }
}
