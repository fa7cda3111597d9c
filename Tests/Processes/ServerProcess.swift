import Foundation
import Glibc

/// A real `rowhouse serve` in a folder of its own: started, killed, started again on the same data.
package final class ServerProcess: @unchecked Sendable {
    // @unchecked: used by one test at a time; the process is guarded by the lock.
    package let directory: String
    package private(set) var port: Int
    private let isOwnDirectory: Bool
    private let arguments: [String]
    /// Added to this process's own at the next start.
    package var environment: [String: String]
    private let ulimit: String?
    private var process: Process?
    private let lock = NSLock()

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        package init(description: String) { self.description = description }
    }

    /// Where the server's standard error goes.
    package enum Log {
        case file
        /// A redirection as the shell writes it.
        case shell(String)
    }

    private let redirection: Log
    private let place: Place

    /// Where a server runs, and by which addresses it is reached.
    package struct Place: Sendable {
        package var listen = "127.0.0.1"
        /// Where this process finds it.
        package var host = "127.0.0.1"
        /// Where other nodes find it.
        package var advertised = "127.0.0.1"
        /// A command that runs the one behind it there.
        package var prefix: [String] = []

        package init() {}
    }

    /// - Parameters:
    ///   - arguments: of `serve`, besides data and listen; `{url}` stands for the server's own address.
    ///   - ulimit: arguments of the shell's `ulimit`, which runs first; not where the place has a command of its own.
    package init(
        _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
        ulimit: String? = nil, log redirection: Log = .file, at place: Place = Place(), starts: Bool = true
    ) throws {
        self.place = place
        self.redirection = redirection
        self.directory = directory ?? NSTemporaryDirectory() + "rowhouse-e2e-" + UUID().uuidString
        isOwnDirectory = directory == nil
        self.arguments = arguments
        self.environment = environment
        self.ulimit = ulimit
        port = 0
        log = self.directory + (directory == nil ? ".log" : ".second.log")
        try FileManager.default.createDirectory(atPath: self.directory, withIntermediateDirectories: true)
        if starts { try start() }
    }

    deinit {
        kill()
        guard isOwnDirectory, ProcessInfo.processInfo.environment["ROWHOUSE_KEEP"] == nil else { return }
        try? FileManager.default.removeItem(atPath: directory)
        try? FileManager.default.removeItem(atPath: log)
    }

    /// The binary under test: `ROWHOUSE_TEST_BINARY`, else what `swift build` made beside the tests.
    package static var binary: String {
        if let given = ProcessInfo.processInfo.environment["ROWHOUSE_TEST_BINARY"] { return given }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return root.appendingPathComponent(".build/debug/rowhouse").path
    }

    package var url: String { "http://\(place.advertised):\(port)" }
    package var host: String { place.host }
    package let log: String

    /// Starts, and returns when the node is ready. The port stays the same from the first start on.
    package func start() throws {
        guard try startOrEnd() else { throw Failure(description: "rowhouse ended at start:\n" + logText) }
    }

    /// Starts, and returns when the node is ready or has ended, as one does that is made to fail.
    ///
    /// - Returns: whether it is ready.
    package func startOrEnd() throws -> Bool {
        let process = Process()
        if port == 0 { port = try Self.freePort() }
        let arguments =
            ["serve", "--data", directory, "--listen", "\(place.listen):\(port)"]
            + arguments.map { $0.replacingOccurrences(of: "{url}", with: url) }
        process.executableURL = URL(fileURLWithPath: isPlain ? Self.binary : "/bin/sh")
        process.arguments = arguments
        if !place.prefix.isEmpty {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = place.prefix + [Self.binary] + arguments
        } else if !isPlain {
            let limit = ulimit.map { "ulimit \($0) && " } ?? ""
            process.arguments = ["-c", "\(limit)exec \"$0\" \"$@\" \(redirections)", Self.binary] + arguments
        }
        process.environment = ProcessInfo.processInfo.environment.merging(Self.smallJournal) { $1 }
            .merging(environment) { $1 }
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
        }
        let output = FileHandle(forWritingAtPath: log)!
        output.seekToEndOfFile()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        lock.withLock { self.process = process }
        return try waitUntilReady(process)
    }

    /// Half of what is usual: each start writes two segments of zeros to the disk.
    private static let smallJournal = ["ROWHOUSE_JOURNAL_SIZE": "1GiB", "ROWHOUSE_JOURNAL_SEGMENT": "32MiB"]

    private var isPlain: Bool { ulimit == nil && redirections.isEmpty }

    private var redirections: String {
        if case .shell(let text) = redirection { text } else { "" }
    }

    private func waitUntilReady(_ process: Process) throws -> Bool {
        for _ in 0..<1_500 {
            if !process.isRunning { return false }
            if let answer = try? Wire(host: host, port: port).send("GET", "/readyz"), answer.status == 200 {
                return true
            }
            usleep(20_000)
        }
        throw Failure(description: "rowhouse was not ready in 30 s:\n" + logText)
    }

    /// Sends a signal and goes on.
    package func signal(_ number: Int32) { Glibc.kill(processIdentifier, number) }

    package func waitForLog(_ text: String) throws {
        for _ in 0..<1_500 {
            if logText.contains(text) { return }
            usleep(20_000)
        }
        throw Failure(description: "the log does not say \"\(text)\":\n" + logText)
    }

    package var logText: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// `kill -9`: whatever was not on the disk is gone.
    package func kill() { end(SIGKILL) }

    /// Orderly stop.
    ///
    /// - Returns: the exit code.
    @discardableResult
    package func stop() -> Int32 { end(SIGTERM) }

    @discardableResult
    private func end(_ signal: Int32) -> Int32 {
        let running = lock.withLock {
            defer { process = nil }
            return process
        }
        guard let running else { return -1 }
        if running.isRunning { Glibc.kill(running.processIdentifier, signal) }
        running.waitUntilExit()
        return running.terminationStatus
    }

    package var isRunning: Bool { lock.withLock { process?.isRunning ?? false } }

    /// Waits until it has ended by itself.
    package func waitForEnd() {
        let running = lock.withLock { process }
        running?.waitUntilExit()
    }

    package var processIdentifier: Int32 { lock.withLock { process?.processIdentifier ?? -1 } }

    package static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard bound else { throw Failure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
