import Glibc

/// The terminal of standard input, key by key. Whatever ends the process by its own doing (an exit, SIGTERM, SIGHUP, SIGQUIT, a trap)
/// gives it back as it was.
package enum RawTerminal {
    private struct State {
        var saved = termios()
        var isRaw = false
    }

    /// Read by signal handlers, so neither locked nor allocated later; changed by one thread.
    private nonisolated(unsafe) static let state = {
        let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
        state.initialize(to: State())
        return state
    }()

    private static let deadly = [SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE]
    private static let pasteOn: StaticString = "\u{1B}[?2004h"
    private static let pasteOff: StaticString = "\u{1B}[?2004l"

    private static let prepared: Void = {
        atexit { RawTerminal.leave() }
        for number in deadly {
            var old = sigaction()
            sigaction(number, nil, &old)
            // What is ignored, as SIGHUP under nohup, stays so.
            guard old.__sigaction_handler.sa_handler == nil else { continue }
            var new = sigaction()
            new.__sigaction_handler.sa_handler = dying
            new.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
            sigaction(number, &new, nil)
        }
    }()

    private static let dying: @convention(c) (Int32) -> Void = { number in
        RawTerminal.leave()
        raise(number)
    }

    /// - Returns: false where standard input is no terminal.
    @discardableResult
    package static func enter() -> Bool {
        guard !state.pointee.isRaw else { return true }
        guard tcgetattr(STDIN_FILENO, &state.pointee.saved) == 0 else { return false }
        _ = prepared
        var raw = state.pointee.saved
        raw.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
        state.pointee.isRaw = true
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0 else {
            state.pointee.isRaw = false
            return false
        }
        send(pasteOn)
        return true
    }

    /// Calls nothing that a signal handler may not.
    package static func leave() {
        guard state.pointee.isRaw else { return }
        state.pointee.isRaw = false
        send(pasteOff)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &state.pointee.saved)
    }

    private static func send(_ text: StaticString) {
        _ = write(STDOUT_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }

    /// Columns and rows; 80 by 24 where nobody knows.
    static func size() -> (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
