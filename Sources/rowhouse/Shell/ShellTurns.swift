import Terminal

/// Lines as somebody types them: statements over several of them, and commands between statements.
struct ShellTurns {
    private let session: ShellSession
    private var splitter = StatementSplitter()
    /// Lines of the statement that has not ended.
    private var lines = ""

    init(_ session: ShellSession) { self.session = session }

    var isContinued: Bool { splitter.context != .between }

    var prompt: String {
        ShellPrompt.text(key: session.key, context: splitter.context, inTransaction: session.inTransaction)
    }

    /// What has not ended is forgotten.
    mutating func giveUp() {
        splitter.reset()
        lines = ""
    }

    /// - Returns: what belongs into the history, if the line ends it.
    mutating func entry(with line: String) -> String? {
        lines += lines.isEmpty ? line : "\n" + line
        var probe = splitter
        probe.feed(line + "\n")
        guard probe.context == .between || isCommand(line) else { return nil }
        defer { lines = "" }
        return lines
    }

    private func isCommand(_ line: some StringProtocol) -> Bool { !isContinued && line.first == "." }

    /// Runs what the lines end. Of what was typed at once, what is behind a failure is not run.
    mutating func take(_ text: String) async -> ShellCommands.Next {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if isCommand(line) {
                let next = await ShellCommands(session: session).run(String(line))
                if case .stop = next { return next }
                if next == .failed { return failed() }
                continue
            }
            splitter.feed(line + "\n")
            while let statement = splitter.next() {
                guard await session.run([statement]) else { return failed() }
            }
        }
        return .go
    }

    private mutating func failed() -> ShellCommands.Next {
        giveUp()
        return session.settings.bail ? .stop : .go
    }
}
