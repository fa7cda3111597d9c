import Foundation
import Seams
import Synchronization
import Terminal

/// Where the shell's results go: standard output, or a file that `.output` or `.once` names.
final class ShellOutput: Sendable {
    private struct Target {
        var file: Int32?
        var isOnce = false
        var hasFailed = false
    }

    private let target = Mutex(Target())

    /// Columns, where results go to a terminal.
    var width: Int? { target.withLock { $0.file } == nil ? Console.width : nil }

    /// - Parameter path: nil for standard output.
    /// - Throws: `CommandFailure` where the file cannot be made; results go where they went.
    func go(to path: String?, once: Bool) throws(CommandFailure) {
        var file: Int32?
        if let path {
            let opened = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
            guard opened >= 0 else {
                throw CommandFailure(.failed, "\(path) cannot be written: \(SystemErrorText.words(errno))")
            }
            file = opened
        }
        replace(Target(file: file, isOnce: once))
    }

    /// A result is done, and with it a file that was for one only.
    func endResult() {
        if target.withLock({ $0.isOnce }) { replace(Target()) }
    }

    private func replace(_ new: Target) {
        let old = target.withLock { old in
            defer { old = new }
            return old.file
        }
        if let old { close(old) }
    }

    func write(_ text: String) {
        guard !text.isEmpty else { return }
        guard let file = target.withLock({ $0.file }) else { return Console.write(text) }
        do throws(OutputFailure) {
            try OutputDescriptor(file).write(text)
        } catch {
            let isFirst = target.withLock { target in
                defer { target.hasFailed = true }
                return !target.hasFailed
            }
            if isFirst { Console.complain("rowhouse: the output file cannot be written: \(error)") }
        }
    }
}
