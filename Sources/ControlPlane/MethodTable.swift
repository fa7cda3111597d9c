import Hummingbird
import Synchronization

/// Which methods each path takes, so that a wrong method is told from a wrong path. Filled once, when all routes are there.
///
/// Calls between nodes are left out: to everybody else there is nothing at their paths.
final class MethodTable: Sendable {
    private struct Entry {
        let segments: [String]
        let method: String
    }

    private let entries = Mutex<[Entry]>([])

    func fill(from router: Router<ControlContext>) {
        let found = router.routes
            .map { Entry(segments: Self.segments("\($0.path)"), method: $0.method.rawValue) }
            .filter { $0.segments.first != ".rowhouse" }
        entries.withLock { $0 = found }
    }

    /// In alphabetical order; empty where there is nothing at the path.
    func taken(at path: String) -> [String] {
        let segments = Self.segments(path)
        var methods = Set(
            entries.withLock { entries in entries.filter { Self.matches($0.segments, segments) }.map(\.method) })
        if methods.contains("GET") { methods.insert("HEAD") }
        return methods.sorted()
    }

    private static func segments(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }

    /// A segment such as `{key}` stands for any.
    private static func matches(_ pattern: [String], _ path: [String]) -> Bool {
        pattern.count == path.count && zip(pattern, path).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
