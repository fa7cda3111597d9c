import Foundation
import Seams
import Terminal

/// Runs a script in a shell: lines of statements and dot commands, read as they come.
///
/// Statements that are there already go together; where a pipe has no more for now, what came runs at once.
struct ShellScript {
    private static let block = 64 << 10
    /// Statements and bytes.
    private static let together = (count: 100, bytes: 256 << 10)
    private static let largestStatement = 32 << 20

    let session: ShellSession
    /// As messages name it.
    let name: String
    private var lines = LineAssembler()
    private var splitter = StatementSplitter()
    private var waiting: [SplitStatement] = []
    private var waitingBytes = 0
    private var line = 0

    init(_ session: ShellSession, name: String) {
        self.session = session
        self.name = name
    }

    /// - Returns: what ended it: its end, a failure, or a command that leaves.
    /// - Throws: `CommandFailure` where it cannot be read.
    mutating func run(_ descriptor: Int32) async throws -> ShellCommands.Next {
        var bytes = [UInt8](repeating: 0, count: Self.block)
        while true {
            let count = read(descriptor, &bytes, bytes.count)
            guard count >= 0 || errno == EINTR else {
                throw CommandFailure(.failed, "\(name) cannot be read: \(SystemErrorText.words(errno))")
            }
            if count == 0 { return try await finish() }
            let text = try lines.feed(bytes[..<max(0, count)])
            for next in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                let outcome = await take(next)
                if outcome != .go { return outcome }
            }
            let outcome = await flush()
            if outcome != .go { return outcome }
            guard splitter.pendingBytes + lines.pendingBytes <= Self.largestStatement else {
                throw CommandFailure(.failed, "a statement of more than 32 MiB, or a quote that is never closed")
            }
        }
    }

    private mutating func finish() async throws -> ShellCommands.Next {
        let rest = try lines.finish()
        if !rest.isEmpty {
            let outcome = await take(rest[...])
            if outcome != .go { return outcome }
        }
        if let last = splitter.finish() { waiting.append(last) }
        return await flush()
    }

    private mutating func take(_ text: Substring) async -> ShellCommands.Next {
        line += 1
        guard splitter.context == .between, text.first == "." else {
            splitter.feed(text + "\n")
            while let statement = splitter.next() {
                waiting.append(statement)
                waitingBytes += statement.text.utf8.count
            }
            let isEnough = waiting.count >= Self.together.count || waitingBytes >= Self.together.bytes
            return isEnough ? await flush() : .go
        }
        // Its place in the text counts for the lines of statements behind it.
        splitter.feed("\n")
        let outcome = await flush()
        if outcome != .go { return outcome }
        let next = await ShellCommands(session: session).run(String(text), place: "\(name), line \(line)")
        return !session.settings.bail && next == .failed ? .go : next
    }

    private mutating func flush() async -> ShellCommands.Next {
        let statements = waiting
        (waiting, waitingBytes) = ([], 0)
        let isDone = await session.run(statements, place: name)
        return isDone || !session.settings.bail ? .go : .failed
    }
}
