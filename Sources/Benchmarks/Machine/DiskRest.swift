import Glibc
import Lanes
import Seams

/// The pause between turns.
package enum DiskRest {
    private static let pause: UInt64 = 100_000_000

    /// Writes everything out that the last contender left behind, and lets the disk come to rest.
    package static func take(_ directory: String) throws(BenchmarkError) {
        do throws(FileError) {
            // Where errors would not be reported it writes all the same.
            if let system = try PosixFiles().fileSystem(holding: directory) { try system.sync() } else { sync() }
        } catch {
            throw .storage(error.description)
        }
        let gate = Gate()
        gate.withLock { _ = gate.wait(atMost: pause, while: { true }) }
    }
}
