import Foundation

/// Keeps processes on chosen cores, by util-linux's `taskset`, which every Debian has.
package enum Cores {
    static let tool = "/usr/bin/taskset"

    /// The command that runs another one on one core, in the same process.
    static func pin(_ command: [String], to core: Int) -> [String] { [tool, "-c", String(core)] + command }

    /// Moves this process, all its threads, off the core.
    ///
    /// - Parameter count: cores of the machine.
    package static func leave(_ core: Int, of count: Int) throws(BenchmarkError) {
        guard count > 1 else { throw .threads("there is one core only; the load needs one of its own") }
        let others = (0..<count).filter { $0 != core }.map(String.init).joined(separator: ",")
        let ended = try Command.run([tool, "-a", "-c", "-p", others, String(ProcessInfo.processInfo.processIdentifier)])
        guard ended.status == 0 else { throw .threads("the cores \(others) are not to be had: \(ended.output)") }
    }
}
