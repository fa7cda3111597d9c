import Foundation
import Seams
import Terminal

/// SQL from a text or a file, statement by statement, in a bounded memory.
struct ScriptReader {
    /// More than any server takes; a text without a semicolon does not fill the memory.
    private static let largestStatement = 32 << 20
    private static let block = 64 << 10

    private var splitter = StatementSplitter()
    private var lines = LineAssembler()
    private var descriptor: Int32?
    private(set) var isAtEnd = false

    init(text: String) {
        splitter.feed(text)
    }

    /// - Parameter path: `-` for standard input.
    init(path: String) throws {
        guard path != "-" else {
            descriptor = STDIN_FILENO
            return
        }
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            throw CommandFailure(.failed, "\(path) cannot be read: \(SystemErrorText.words(errno))")
        }
        descriptor = opened
    }

    /// - Returns: nil at the end.
    mutating func next() throws -> SplitStatement? {
        while true {
            if let statement = splitter.next() { return statement }
            guard !isAtEnd else { return nil }
            guard let descriptor else { return try finish() }
            var bytes = [UInt8](repeating: 0, count: Self.block)
            let count = read(descriptor, &bytes, bytes.count)
            guard count >= 0 || errno == EINTR else {
                throw CommandFailure(.failed, "the SQL cannot be read: \(SystemErrorText.words(errno))")
            }
            if count == 0 { return try finish() }
            splitter.feed(try lines.feed(bytes[..<max(0, count)]))
            guard splitter.pendingBytes + lines.pendingBytes <= Self.largestStatement else {
                throw CommandFailure(.failed, "a statement of more than 32 MiB, or a quote that is never closed")
            }
        }
    }

    private mutating func finish() throws -> SplitStatement? {
        isAtEnd = true
        splitter.feed(try lines.finish())
        if let statement = splitter.next() { return statement }
        return splitter.finish()
    }
}
