import Foundation
import Terminal

/// The shell at a terminal that can do nothing but lines (`TERM=dumb`, or output that goes elsewhere).
struct ShellPlainPrompting {
    /// Milliseconds between looks for Control-C, whose signal may come on another thread.
    private static let pause: Int32 = 100

    let session: ShellSession

    init(_ session: ShellSession) { self.session = session }

    func run() async {
        var turns = ShellTurns(session)
        while true {
            Console.write(turns.prompt)
            guard wait() else {
                turns.giveUp()
                Console.write("\n")
                continue
            }
            var bytes = [UInt8](repeating: 0, count: 64 << 10)
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                Console.write("\n")
                return
            }
            // The terminal gives whole lines.
            let text = String(decoding: bytes[..<count], as: UTF8.self)
            if case .stop = await turns.take(text.hasSuffix("\n") ? String(text.dropLast()) : text) {
                return
            }
        }
    }

    /// For a line.
    ///
    /// - Returns: false where Control-C came first.
    private func wait() -> Bool {
        _ = session.interrupts.takePending()
        while true {
            var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            if poll(&descriptor, 1, Self.pause) > 0 { return true }
            if session.interrupts.takePending() { return false }
        }
    }
}
