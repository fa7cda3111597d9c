import ArgumentParser
import Foundation
import Terminal

/// Passwords from where no list of processes shows them: asked for on the terminal, or a line of standard input.
enum SecretInput {
    /// More than a password may have.
    private static let longest = 4096

    /// - Parameter again: asked for twice, since nobody sees what is typed.
    static func password(_ prompt: String, again: Bool) throws -> String {
        guard isatty(STDIN_FILENO) == 1 else { return try line() }
        let first = try hidden(prompt)
        if again, try hidden("Once more: ") != first {
            throw CommandFailure(.usage, "the two are not the same")
        }
        return first
    }

    private static func line() throws -> String {
        guard let line = readLine(strippingNewline: true), !line.isEmpty, line.utf8.count <= longest else {
            throw CommandFailure(.usage, "standard input has no password in its first line")
        }
        return line
    }

    private static func hidden(_ prompt: String) throws -> String {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            throw CommandFailure(.failed, "the terminal cannot be told to hide what is typed")
        }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else {
            throw CommandFailure(.failed, "the terminal cannot be told to hide what is typed")
        }
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            Console.complain("")
        }
        try? OutputDescriptor.standardError.write(prompt)
        return try line()
    }
}

/// For commands that take a new password.
struct PasswordOption: ParsableArguments {
    @Flag(help: "Give a password: asked for on the terminal, or the first line of standard input.")
    var password = false

    func read() throws -> String? { password ? try SecretInput.password("Password: ", again: true) : nil }
}
