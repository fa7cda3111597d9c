import Foundation
import Seams
import Terminal

/// The SQL of a snapshot in a file, which gets its name when it is whole and synced.
struct DumpFile {
    /// Bytes that are written together.
    private static let portion = 256 << 10

    let snapshot: String
    /// `-` for standard output.
    let target: String
    let label: String

    /// - Returns: bytes written.
    /// - Throws: `CommandFailure`; nothing is left of the file then.
    func run() async throws -> Int64 {
        let source = try FileDumpSource(path: snapshot)
        guard target != "-" else {
            return try await dump(source) { Console.write($0) }
        }
        let part = target + ".part"
        let file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw failure(part) }
        defer { close(file) }
        do {
            let output = OutputDescriptor(file)
            let bytes = try await dump(source) { text in
                do throws(OutputFailure) {
                    try output.write(text)
                } catch {
                    throw CommandFailure(.failed, "\(part) cannot be written: \(error)")
                }
            }
            guard fsync(file) == 0, rename(part, target) == 0 else { throw failure(target) }
            return bytes
        } catch {
            unlink(part)
            Console.endProgress()
            throw error
        }
    }

    private func dump(_ source: FileDumpSource, _ write: @escaping (String) throws -> Void) async throws -> Int64 {
        let start = ContinuousClock.now
        var waiting = ""
        var bytes: Int64 = 0
        func flush() throws {
            bytes += Int64(waiting.utf8.count)
            try write(waiting)
            waiting = ""
            guard target != "-" else { return }
            Console.show(
                ProgressLine(label: "\(label) as SQL", done: bytes, total: nil, elapsed: ContinuousClock.now - start))
        }
        try await SQLDump(source: source) { text in
            waiting += text
            if waiting.utf8.count >= Self.portion { try flush() }
        }.run()
        try flush()
        Console.endProgress()
        return bytes
    }

    private func failure(_ path: String) -> CommandFailure {
        CommandFailure(.failed, "\(path) cannot be written: \(SystemErrorText.words(errno))")
    }
}
