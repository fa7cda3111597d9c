import Foundation
import Synchronization
import Testing

/// A rule that the process breaks, and how it dies so that the breach can be seen.
struct Breach: Sendable, CustomTestStringConvertible {
    let rule: String
    /// `*` stands for a number that grows from life to life.
    let failpoint: String
    /// Journal bytes after which a checkpoint is due.
    var recovery = "16MiB"
    var slowSync: String?

    var testDescription: String { rule }

    static let all = [
        Breach(rule: "acknowledge-before-sync", failpoint: "journal-sync:*:lose", slowSync: "20"),
        Breach(rule: "answer-before-durable", failpoint: "journal-sync:*:lose", slowSync: "20"),
        Breach(
            rule: "checkpoint-undurable", failpoint: "journal-write:*", recovery: "16MiB", slowSync: "30"),
        Breach(rule: "settle-before-sync", failpoint: "journal-sync:*:lose", recovery: "16MiB"),
        Breach(rule: "pass-dirty-tenants", failpoint: "journal-write:*", recovery: "16MiB"),
        Breach(rule: "skip-node-state", failpoint: "journal-write:*", recovery: "16MiB"),
        Breach(rule: "size-only-at-end", failpoint: "journal-write:*"),
    ]
}

/// The same lives and the same checks with one rule broken each: they must notice. What makes a breach likely must do no
/// harm where the rule is kept. All of them with `ROWHOUSE_SWEEP`, the first one always.
@Suite(.serialized) struct ControlTests {
    static let breaches = SweepTests.isWhole ? Breach.all : Array(Breach.all.prefix(1))

    @Test(arguments: breaches) func `a broken rule is noticed`(_ breach: Breach) throws {
        for attempt in 0..<20 {
            let failpoint = breach.failpoint.replacingOccurrences(of: "*", with: String(30 + 11 * attempt))
            let outcome = try Life(beginning: .nothing, seed: UInt64(attempt), breaking: breach).run(failpoint)
            // One that does not even start proves nothing.
            guard outcome.isMet, !outcome.wrong.isEmpty else { continue }
            print("\(breach.rule), \(failpoint): \(outcome.wrong[0].prefix(200))")
            return
        }
        Issue.record("nothing was noticed")
    }

    @Test(.enabled(if: SweepTests.isWhole), arguments: breaches)
    func `a kept rule is not`(_ breach: Breach) throws {
        let kept = Breach(
            rule: "", failpoint: breach.failpoint, recovery: breach.recovery, slowSync: breach.slowSync)
        for attempt in 0..<6 {
            let failpoint = breach.failpoint.replacingOccurrences(of: "*", with: String(30 + 31 * attempt))
            let outcome = try Life(beginning: .nothing, seed: UInt64(attempt), breaking: kept).run(failpoint)
            #expect(outcome.texts(failpoint) == [])
        }
    }
}
