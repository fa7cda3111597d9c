import Glibc

/// Reads lines from the terminal with ``LineEditor``. Blocks its thread while it waits for keys.
package final class LineReader {
    package enum Event: Sendable, Equatable {
        case line(String)
        /// Control-C.
        case interrupted
        /// Control-D, or the terminal is gone.
        case end
        /// No key for as long as was asked; the line goes on with the next wait.
        case idle
    }

    /// After an escape, for what may follow it.
    private static let escapePause: Int32 = 50
    /// How often the terminal's size is looked at. A signal tells of it, too, but perhaps on another thread.
    private static let pause: Int32 = 250

    package var editor: LineEditor
    private let complete: (String) -> Completion
    private var decoder = KeyDecoder()
    private var display = LineDisplay()
    private var keys: [Key] = []
    private var isActive = false
    private var size = (columns: 80, rows: 24)

    /// - Parameter complete: what the text before the cursor may go on with.
    package init(history: History, complete: @escaping (String) -> Completion) {
        editor = LineEditor(history: history)
        self.complete = complete
    }

    /// Shows the prompt of a new line.
    package func begin(prompt: String) {
        editor.begin(prompt: prompt)
        display.reset()
        isActive = true
    }

    /// Writes something above the line, which goes on, perhaps under another prompt.
    package func interject(_ text: String, prompt: String) {
        send(display.finish() + TerminalText.visible(text) + "\r\n")
        editor.prompt = prompt
    }

    /// Waits until the line is done. The terminal is raw while it waits and as it was when it returns.
    ///
    /// - Parameter patience: milliseconds without a key after which it returns ``Event/idle``; nil: for ever.
    package func wait(patience: Int32?) -> Event {
        guard RawTerminal.enter() else { return .end }
        defer { RawTerminal.leave() }
        draw()
        while true {
            while !keys.isEmpty {
                if let event = handle(keys.removeFirst()) { return event }
            }
            switch read(patience) {
            case .keys(let new): keys += new
            case .resized: draw()
            case .idle: return .idle
            case .gone: return done(.end)
            }
        }
    }

    // MARK: Keys

    private enum Input {
        case keys([Key])
        case resized
        case idle
        case gone
    }

    private func read(_ patience: Int32?) -> Input {
        var waited: Int32 = 0
        while true {
            let limit = decoder.isUndecided ? Self.escapePause : Self.pause
            var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            let count = poll(&descriptor, 1, limit)
            if count > 0 { return take() }
            if count < 0, errno != EINTR { return .gone }
            if count == 0, decoder.isUndecided { return .keys(decoder.flush()) }
            if RawTerminal.size() != size { return .resized }
            waited += limit
            if let patience, waited >= patience { return .idle }
        }
    }

    private func take() -> Input {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let length = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
        if length < 0, errno == EINTR || errno == EAGAIN { return .keys([]) }
        guard length > 0 else { return .gone }
        return .keys(decoder.feed(bytes[..<length]))
    }

    private func handle(_ key: Key) -> Event? {
        var action = editor.handle(key)
        if case .complete(let before) = action { action = editor.complete(with: complete(before)) }
        switch action {
        case .redraw, .complete: draw()
        case .accept(let line): return done(.line(line))
        case .interrupt: return done(.interrupted)
        case .end: return done(.end)
        case .list(let candidates): list(candidates)
        case .clearScreen:
            display.reset()
            send("\u{1B}[H\u{1B}[2J")
            draw()
        case .suspend: suspend()
        case .bell: send("\u{7}")
        }
        return nil
    }

    private func done(_ event: Event) -> Event {
        // The line as it was typed, with the cursor behind it.
        draw()
        send(display.finish())
        isActive = false
        return event
    }

    private func list(_ candidates: [String]) {
        send(display.finish())
        send(ColumnsText.text(candidates, width: RawTerminal.size().columns).replacing("\n", with: "\r\n"))
        draw()
    }

    private func suspend() {
        send(display.finish())
        RawTerminal.leave()
        kill(getpid(), SIGTSTP)
        RawTerminal.enter()
        draw()
    }

    // MARK: Output

    private func draw() {
        guard isActive else { return }
        size = RawTerminal.size()
        send(display.draw(editor.view, width: size.columns, height: size.rows))
    }

    private func send(_ text: String) {
        try? OutputDescriptor.standardOutput.write(text)
    }
}
