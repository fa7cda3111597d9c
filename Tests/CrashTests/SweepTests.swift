import Foundation
import Synchronization
import Testing

/// A node that dies at the Nth call of a kind to its disk, N = 1, 2, 3 … until a whole life passes without meeting it.
///
/// The normal suite meets each of a few once. `ROWHOUSE_SWEEP=1` takes every kind of call that a life makes, every N up to
/// 12 and then ever larger steps, killed before the call, after it, in the middle of a write, with what was not synced gone
/// or any of it gone, and with the call failing: half an hour on 2 cores. `ROWHOUSE_SWEEP_ONLY=journal-sync` takes only those
/// with that in their name as it is printed, such as `killed journal-sync:*:mix`.
@Suite(.serialized) struct SweepTests {
    static let environment = ProcessInfo.processInfo.environment
    static let isWhole = environment["ROWHOUSE_SWEEP"] != nil
    static let only = environment["ROWHOUSE_SWEEP_ONLY"] ?? ""

    /// A call of each room's: the one that is most its own.
    static let few: [(Life.Beginning, String)] = [
        (.nothing, "journal-sync:9:lose"), (.nothing, "journal-write:14:torn"), (.nothing, "tenant-write:17:torn"),
        (.nothing, "data-syncfs:2:lose"), (.nothing, "tenant-remove:1"), (.killed, "tenant-write:5:torn"),
        (.killed, "manifest-folder:1:lose"), (.killed, "journal-sync:6:eio"), (.nothing, "compact-write:9:torn"),
        (.nothing, "compact-sync:2:after:lose"), (.nothing, "compact-rename:2:after"),
        (.nothing, "journal-sync:12:mix"),
    ]

    @Test(.enabled(if: !isWhole)) func `a node that dies at a call of the disk has lost nothing`() throws {
        let wrong = Mutex<[String]>([])
        try Self.inParallel(Self.few, atOnce: 4) { beginning, failpoint in
            let outcome = try Life(beginning: beginning, seed: 7).run(failpoint)
            wrong.withLock { $0 += outcome.texts("\(beginning), \(failpoint)") }
        }
        #expect(wrong.withLock { $0 } == [])
    }

    @Test(.enabled(if: isWhole), arguments: Life.Beginning.allCases)
    func `the same at every call`(beginning: Life.Beginning) throws {
        let wrong = Mutex<[String]>([])
        let tally = Mutex(Tally())
        let points = try Self.points(beginning)
        try Self.inParallel(points, atOnce: 4) { point in
            var nth = 1
            while true {
                let failpoint = point.replacingOccurrences(of: "*", with: String(nth))
                let outcome = try Life(beginning: beginning, seed: UInt64(nth)).run(failpoint)
                tally.withLock { $0.add(outcome) }
                for text in outcome.texts("\(beginning), \(failpoint)") {
                    print("WRONG", text)
                    wrong.withLock { $0.append(text) }
                }
                guard outcome.isMet else { break }
                nth += max(1, nth / 12)
            }
            print("\(beginning) \(point): \(nth)")
        }
        print("\(beginning):", tally.withLock { $0 }, "of \(points.count) failpoints")
        #expect(wrong.withLock { $0 } == [])
    }

    private struct Tally {
        var lives = 0
        var deaths = 0
        var commits = 0

        mutating func add(_ outcome: Life.Outcome) {
            lives += 1
            if outcome.isMet { deaths += 1 }
            commits += outcome.commits
        }
    }

    /// Every kind of call that a life makes, in every way in which it goes wrong; `*` stands for N.
    private static func points(_ beginning: Life.Beginning) throws -> [String] {
        let life = try Life(beginning: beginning, seed: 1).run("none")
        let names = CrashHouse.callsSeen(life.log)
        #expect(!life.isMet && life.wrong.isEmpty && names.count > 20, "\(life)")
        return names.sorted().flatMap { name -> [String] in
            var points = ["\(name):*", "\(name):*:lose", "\(name):*:mix"]
            if name.hasSuffix("-write") { points.append("\(name):*:torn") }
            if name.hasSuffix("-rename") || name.hasSuffix("-remove") { points.append("\(name):*:after") }
            if name.hasSuffix("sync") || name.hasSuffix("syncfs") {
                points += ["\(name):*:after:lose", "\(name):*:eio"]
            }
            return points
        }.filter { only.isEmpty || "\(beginning) \($0)".contains(only) }
    }

    /// Most of a life is waiting.
    private static func inParallel<Item: Sendable>(
        _ items: [Item], atOnce: Int, _ body: @escaping @Sendable (Item) throws -> Void
    ) throws {
        let next = Atomic(0)
        let failure = Mutex<(any Error)?>(nil)
        DispatchQueue.concurrentPerform(iterations: atOnce) { _ in
            while case let index = next.add(1, ordering: .relaxed).oldValue, index < items.count {
                do { try body(items[index]) } catch { failure.withLock { $0 = error } }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
