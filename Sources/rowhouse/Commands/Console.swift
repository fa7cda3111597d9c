import Foundation
import Terminal

/// The process's own terminal.
enum Console {
    /// Columns of the terminal that standard output goes to; `nil` where it goes elsewhere, so that nothing is cut.
    static var width: Int? { width(of: STDOUT_FILENO) }

    /// A command's answer. Where it cannot be written the command has failed: the process ends, without a word if the
    /// reader has merely seen enough.
    static func write(_ text: String) {
        do throws(OutputFailure) {
            try OutputDescriptor.standardOutput.write(text)
        } catch {
            if !error.isReaderGone { complain("rowhouse: standard output cannot be written: \(error)") }
            Foundation.exit(CommandStatus.failed.rawValue)
        }
    }

    /// News that nothing depends on, such as where a server listens: dropped where it cannot be written.
    static func mention(_ text: String) {
        try? OutputDescriptor.standardOutput.write(text)
    }

    /// To standard error, with a line end; dropped where it cannot be written.
    static func complain(_ text: String) {
        try? OutputDescriptor.standardError.write(text + "\n")
    }

    /// Progress on standard error: one line that is written over on a terminal, nothing elsewhere.
    static func show(_ progress: ProgressLine) {
        guard let width = width(of: STDERR_FILENO) else { return }
        try? OutputDescriptor.standardError.write("\r\u{1B}[K\(progress.text(width: width - 1))")
    }

    /// Takes the progress line away again.
    static func endProgress() {
        guard width(of: STDERR_FILENO) != nil else { return }
        try? OutputDescriptor.standardError.write("\r\u{1B}[K")
    }

    private static func width(of descriptor: Int32) -> Int? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
