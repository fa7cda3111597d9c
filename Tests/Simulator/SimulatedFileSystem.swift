import Glibc
import Seams
import Synchronization

/// A simulated disk, held for syncing all of it. Tells its holder of failed writes as Linux does: once, and not of those that
/// another holder had heard of before this one came.
final class SimulatedFileSystem: FileSystem {
    private let disk: SimulatedDisk
    private let path: String
    private let seen: Mutex<Int>

    init(disk: SimulatedDisk, path: String, seen: Int) {
        self.disk = disk
        self.path = path
        self.seen = Mutex(seen)
    }

    deinit { disk.state.withLock { $0.openFiles -= 1 } }

    func sync() throws(FileError) {
        let fault = try disk.enter(.syncFileSystem, path)
        let (isSound, code) = disk.state.withLock { state -> (Bool, Int32) in
            var code = EIO
            if case .fail(let given)? = fault {
                code = given
                state.failWriteback(code)
            } else if fault != .lie, !state.syncsLie {
                state.syncAll()
            }
            state.heardFailures = max(state.heardFailures, state.failures)
            let (before, now) = (seen.withLock { $0 }, state.failures)
            seen.withLock { $0 = now }
            return (before == now, code)
        }
        guard isSound else { throw .failed(operation: "syncfs", path: path, errno: code) }
    }
}
