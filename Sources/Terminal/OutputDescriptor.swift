import Glibc

/// A descriptor that text is written to, such as the process's own output.
///
/// A write either takes the whole text or says why it did not; nothing here ends the process, whatever the other end does.
/// The process must ignore `SIGPIPE`.
package struct OutputDescriptor: Sendable {
    package static let standardOutput = OutputDescriptor(STDOUT_FILENO)
    package static let standardError = OutputDescriptor(STDERR_FILENO)

    /// Milliseconds that a descriptor which others have made non-blocking is waited for.
    private static let patience: Int32 = 5_000

    private let number: Int32

    package init(_ number: Int32) { self.number = number }

    /// Text of up to 4 KiB goes into a pipe in one piece, so that lines of several threads do not mix.
    ///
    /// - Throws: `OutputFailure`; part of the text may have been written.
    package func write(_ text: String) throws(OutputFailure) {
        var text = text
        var errorCode: Int32 = 0
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty, errorCode == 0 {
                let count = Glibc.write(number, rest.baseAddress, rest.count)
                if count >= 0 { rest = .init(rebasing: rest[count...]) } else { errorCode = mend(errno) }
            }
        }
        guard errorCode == 0 else { throw OutputFailure(code: errorCode) }
    }

    /// - Returns: 0 where the write is worth repeating.
    private func mend(_ code: Int32) -> Int32 {
        switch code {
        case EINTR: return 0
        case EAGAIN:
            var wait = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
            return poll(&wait, 1, Self.patience) > 0 ? 0 : code
        default: return code
        }
    }
}

/// Why output was not taken.
package struct OutputFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system's error number.
    package let code: Int32

    /// Whoever read it has gone, as `head` does when it has seen enough.
    package var isReaderGone: Bool { code == EPIPE }

    package var description: String { String(cString: strerror(code)).lowercased() }
}

/// The three descriptors that every process is given.
package enum StandardDescriptors {
    /// Makes sure that they are there and that writing to them kills nobody. To be called before anything is opened: a
    /// file that took the number of a closed standard error would be written over by messages.
    package static func secure() {
        signal(SIGPIPE, SIG_IGN)
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) == -1 && errno == EBADF {
            // Read-only, so that who writes to a closed output is told.
            guard open("/dev/null", O_RDONLY) == number else { return }
        }
    }
}
