import Foundation

/// A program that is run to its end. Not for one that leaves others behind: `Process` waits for these too.
enum Command {
    struct Ended: Sendable {
        let status: Int32
        /// Standard output and error.
        let output: String
    }

    /// Blocks until it has ended.
    ///
    /// - Parameter words: path, then arguments.
    static func run(_ words: [String]) throws(BenchmarkError) -> Ended {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        let bytes: Data
        do {
            try withSignalsUnblocked { try process.run() }
            // Read first: a program that has more to say than a pipe holds would never end.
            bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
        } catch {
            throw .child("\(words[0]) does not start: \(error)")
        }
        process.waitUntilExit()
        return Ended(status: process.terminationStatus, output: String(decoding: bytes, as: UTF8.self))
    }

    /// The same for one that must succeed.
    static func require(_ words: [String]) throws(BenchmarkError) -> String {
        let ended = try run(words)
        guard ended.status == 0 else {
            let command = words.joined(separator: " ").prefix(200)
            throw .child("\(command) ended with \(ended.status): \(ended.output.suffix(1_000))")
        }
        return ended.output
    }
}
