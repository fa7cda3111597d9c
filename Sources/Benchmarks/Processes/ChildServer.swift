import Foundation

/// A server process of this very program. It says where it listens on its standard output, and ends with SIGTERM.
package final class ChildServer: Sendable {
    private let child: ChildProcess
    package let port: Int

    private static let announcement = "listening on http://127.0.0.1:"

    /// Starts it and returns when it listens. Blocks.
    ///
    /// - Parameters:
    ///   - log: file for what it says.
    ///   - core: where it has to stay.
    package init(
        _ binary: String, _ arguments: [String], log: String, core: Int?, until stop: StopFlag
    ) throws(BenchmarkError) {
        let child = try ChildProcess([binary] + arguments, log: log, core: core)
        do throws(BenchmarkError) {
            port = try child.wait(until: stop) { Self.port(in: child.said) }
        } catch {
            child.stop(SIGTERM)
            throw error
        }
        self.child = child
    }

    package var processIdentifier: Int32 { child.processIdentifier }

    /// Ends it in order, or by force after a while. Blocks; repeating it is harmless.
    package func stop() { child.stop(SIGTERM) }

    /// Ends one that has nothing to lose.
    package func stopAtOnce() { child.stop(SIGKILL) }

    /// The whole line must be there, or the number may be half of it.
    static func port(in text: String) -> Int? {
        guard let start = text.range(of: announcement)?.upperBound, text[start...].contains("\n") else { return nil }
        return Int(text[start...].prefix { $0.isNumber })
    }
}
