import Foundation
import Terminal

/// The process's own terminal.
enum Console {
    /// Columns of the terminal that standard output goes to; `nil` where it goes elsewhere, so that nothing is cut.
    static var width: Int? { width(of: STDOUT_FILENO) }

    static func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    /// To standard error, with a line end.
    static func complain(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Progress on standard error: one line that is written over on a terminal, nothing elsewhere.
    static func show(_ progress: ProgressLine) {
        guard let width = width(of: STDERR_FILENO) else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(progress.text(width: width - 1))".utf8))
    }

    /// Takes the progress line away again.
    static func endProgress() {
        guard width(of: STDERR_FILENO) != nil else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }

    private static func width(of descriptor: Int32) -> Int? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
