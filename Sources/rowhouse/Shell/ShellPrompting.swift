import Foundation
import Terminal

/// The shell at a terminal: asks for lines and runs what they hold.
struct ShellPrompting {
    /// Milliseconds between two questions that keep an open transaction, and how many of them for one line (10 minutes).
    private static let pause: Int32 = 4_000
    private static let questions = 150

    let session: ShellSession
    let history: HistoryFile?
    private var turns: ShellTurns

    init(_ session: ShellSession, history: HistoryFile?) {
        self.session = session
        self.history = history
        turns = ShellTurns(session)
    }

    mutating func run() async {
        let context = CompletionContext()
        let reader = LineReader(history: history?.load() ?? History()) { before in
            SQLCompleter.completion(before, isContinued: context.isContinued, names: context.names)
        }
        while true {
            context.names = session.names
            context.isContinued = turns.isContinued
            reader.begin(prompt: turns.prompt)
            switch await event(reader) {
            case .line(let line):
                if let entry = turns.entry(with: line), reader.editor.history.add(entry) { history?.append(entry) }
                if case .stop = await turns.take(line) { return }
            case .interrupted, .idle:
                turns.giveUp()
            case .end:
                Console.write("\n")
                return
            }
        }
    }

    /// What completion sees; the reader's closure and the loop share it.
    private final class CompletionContext {
        var names = SchemaNames()
        var isContinued = false
    }

    /// Keeps a transaction open while somebody thinks, for a while; where the node has ended it, that is said at once.
    private func event(_ reader: LineReader) async -> LineReader.Event {
        var questions = 0
        while true {
            let asks = session.inTransaction && questions < Self.questions
            let event = reader.wait(patience: asks ? Self.pause : nil)
            guard event == .idle else { return event }
            questions += 1
            guard await !session.keepTransaction() else { continue }
            let news = "the node has ended the transaction, which is undone: others waited for it, or it took too long"
            reader.interject(news, prompt: turns.prompt)
        }
    }
}
