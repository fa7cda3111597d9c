import Glibc
import Lanes
import Seams

/// The pause between turns.
package enum DiskRest {
    private static let pause: UInt64 = 100_000_000

    /// Writes everything out that the last contender left behind, and lets the disk come to rest.
    package static func take(_ directory: String) throws(BenchmarkError) {
        do throws(FileError) {
            // Old kernels do not report errors by it, but they do write.
            _ = try PosixFiles().syncFileSystem(holding: directory)
        } catch {
            throw .storage(error.description)
        }
        let gate = Gate()
        gate.withLock { _ = gate.wait(atMost: pause, while: { true }) }
    }
}
