import Foundation
import Lanes
import Synchronization

/// Sees to it that every request of a crowd ends: one that does not is a deadlock, or a work that was forgotten.
///
/// On a thread of its own, since Swift's shared pool may be what stands still.
final class CrowdWatch: Sendable {
    private struct State {
        var last = 0
        var waiting: [Int: (what: String, since: Date)] = [:]
    }

    private let state = Mutex(State())
    private let isOver = CrowdFlag()
    private let thread = Mutex<BackgroundThread?>(nil)

    /// - Parameters:
    ///   - limit: seconds; generous, since sanitizers are slow and machines are shared.
    ///   - onStuck: gets the whole story. Stops the process where it is left out: nothing else ends a deadlock.
    ///   - sketch: what the engine says of itself.
    init(
        limit: Double, onStuck: @escaping @Sendable (String) -> Void = { fatalError($0) },
        sketch: @escaping @Sendable () -> String
    ) throws {
        let started = try BackgroundThread(name: "crowd-watch") { [self] in
            while !isOver.isSet {
                usleep(100_000)
                guard let story = story(limit) else { continue }
                onStuck("not answered for \(limit) s:\n\(story)\n\(Self.threads)")
                // The engine's own words last: they need its locks.
                return onStuck(sketch())
            }
        }
        thread.withLock { $0 = started }
    }

    /// - Returns: the request's name for `ended`.
    func begin(_ what: String) -> Int {
        state.withLock { state in
            state.last += 1
            state.waiting[state.last] = (what, Date())
            return state.last
        }
    }

    func ended(_ request: Int) { state.withLock { $0.waiting[request] = nil } }

    /// Stops watching.
    func end() {
        isOver.set()
        thread.withLock { $0.take() }?.join()
    }

    private func story(_ limit: Double) -> String? {
        state.withLock { state in
            let now = Date()
            guard state.waiting.values.contains(where: { now.timeIntervalSince($0.since) > limit }) else { return nil }
            return state.waiting.values.sorted { $0.since < $1.since }
                .map { "\($0.what), \(Int(now.timeIntervalSince($0.since))) s" }.joined(separator: "\n")
        }
    }

    /// What every thread of the process waits for, as the kernel sees it.
    private static var threads: String {
        let folder = "/proc/self/task"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().map { name in
            let parts = ["comm", "wchan", "syscall"].map { part in
                (try? String(contentsOfFile: "\(folder)/\(name)/\(part)", encoding: .utf8))?
                    .trimmingCharacters(in: .whitespacesAndNewlines) ?? "-"
            }
            return "\(name) \(parts.joined(separator: " "))"
        }.joined(separator: "\n")
    }
}

/// Set once, read by another thread.
final class CrowdFlag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}
