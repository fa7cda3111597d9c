import Foundation
import Lanes

/// A process of the benchmark's own that runs beside it until it is stopped.
final class ChildProcess: @unchecked Sendable {
    // @unchecked: made, used and stopped by one caller at a time.
    private let process = Process()
    private let log: String

    /// Looks at a process that is asked to stop, before it is forced.
    private static let patience = 800
    /// Nanoseconds between two looks.
    private static let glance: UInt64 = 50_000_000

    /// - Parameters:
    ///   - words: path, then arguments.
    ///   - log: file for what it says.
    ///   - core: where it has to stay.
    init(_ words: [String], log: String, core: Int?) throws(BenchmarkError) {
        self.log = log
        let words = core.map { Cores.pin(words, to: $0) } ?? words
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        // Settings of the caller's own node must not reach it.
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("ROWHOUSE_") }
        guard FileManager.default.createFile(atPath: log, contents: nil),
            let output = FileHandle(forWritingAtPath: log)
        else { throw .storage("\(log) cannot be written") }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        do { try withSignalsUnblocked { try process.run() } } catch {
            throw .child("\(words[0]) does not start: \(error)")
        }
        try? output.close()
    }

    var isRunning: Bool { process.isRunning }
    var processIdentifier: Int32 { process.processIdentifier }
    /// Everything that it has said so far.
    var said: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Ends it by the signal, or by force after a while. Blocks; repeating it is harmless.
    func stop(_ signal: Int32) {
        guard process.isRunning else { return }
        kill(process.processIdentifier, signal)
        for _ in 0..<Self.patience where process.isRunning { Self.pause() }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// Looks again and again, for about a minute.
    ///
    /// - Throws: where it ended meanwhile, or `found` gave nothing in time.
    func wait<Found>(
        until stop: StopFlag, _ found: () throws(BenchmarkError) -> Found?
    ) throws(BenchmarkError) -> Found {
        for _ in 0..<1_200 {
            if stop.isSet { throw .interrupted }
            if let found = try found() { return found }
            guard process.isRunning else { throw .child("it ended at its start:\n\(said.suffix(2_000))") }
            Self.pause()
        }
        throw .child("it was not ready within a minute:\n\(said.suffix(2_000))")
    }

    private static func pause() {
        let gate = Gate()
        gate.withLock { _ = gate.wait(atMost: glance, while: { true }) }
    }
}
