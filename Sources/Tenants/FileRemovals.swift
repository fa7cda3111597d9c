import Seams
import Synchronization

/// Files of dropped tenants, to be removed by the keeper: unlinking a large one takes milliseconds that no answer should
/// wait for. What a crash leaves is found by nobody's record and moved to `lost+found`.
final class FileRemovals: Sendable {
    private let paths = Mutex<[String]>([])

    func add(_ path: String) { paths.withLock { $0.append(path) } }

    func run(_ files: any Files) {
        let taken = paths.withLock { paths in
            defer { paths = [] }
            return paths
        }
        for path in taken { try? files.remove(path) }
    }
}
