import Foundation
import Synchronization
import Testing

/// A rule that the process breaks, and how it dies so that the breach can be seen.
struct Breach: Sendable, CustomTestStringConvertible {
    /// Nil breaks none.
    var rule: String?
    /// `*` stands for a number that grows from life to life.
    let failpoint: String
    /// What the number begins with.
    var first = 30
    /// Calls that take so many milliseconds longer.
    var delay: String?
    /// Bytes of a tenant's log that ask for a checkpoint; nil for as many as a server has.
    var checkpointLog: Int?
    /// Milliseconds until the checkpointer looks without being asked; nil for as long as a server's.
    var checkpointPause: Int?
    /// Of each writer in each round of its life.
    var transactions = 12

    var testDescription: String { rule ?? "none" }

    /// The same life and death, with all rules kept.
    var kept: Breach {
        var kept = self
        kept.rule = nil
        return kept
    }

    static let all = [
        Breach(rule: "acknowledge-before-sync", failpoint: "journal-sync:*:lose", delay: "journal-sync:20"),
        Breach(rule: "answer-before-durable", failpoint: "journal-sync:*:lose", delay: "journal-sync:20"),
        // Each commit is copied at once, before it is written.
        Breach(
            rule: "checkpoint-undurable", failpoint: "journal-write:*", delay: "journal-write:30", checkpointLog: 1),
        Breach(rule: "settle-before-sync", failpoint: "journal-sync:*:lose"),
        // Only tenants with large rows are copied, in the midst of the others' commits.
        Breach(
            rule: "pass-dirty-tenants", failpoint: "journal-write:*", checkpointLog: 64 << 10,
            checkpointPause: 60_000),
        Breach(rule: "skip-node-state", failpoint: "journal-write:*"),
        Breach(rule: "rewrite-acknowledged-block", failpoint: "journal-sync:*:mix"),
        // Nothing is copied, so that recovery finds all records of both files.
        Breach(
            rule: "ignore-generation", failpoint: "journal-write:*", first: 150, checkpointPause: 60_000,
            transactions: 60),
    ]

    func disturb(_ environment: inout [String: String]) {
        environment["ROWHOUSE_BREAK_RULES"] = rule
        environment["ROWHOUSE_FAILPOINT_DELAY"] = delay
        environment["ROWHOUSE_CHECKPOINT_LOG"] = checkpointLog.map(String.init)
        environment["ROWHOUSE_CHECKPOINT_PAUSE"] = checkpointPause.map(String.init)
    }

    func failpoint(_ life: Int) -> String {
        failpoint.replacingOccurrences(of: "*", with: String(first + 11 * life))
    }
}

/// The same lives and the same checks with one rule broken each: they must notice. What makes a breach likely must do no
/// harm where the rule is kept. All of them with `ROWHOUSE_SWEEP`, the first one always.
///
/// Not here are the rules of files that shrink and grow again (ranges across the shrink, the size after each record): SQLite
/// writes every page that a file grows by, and the recorder has no older image for it, so that in a process either rule
/// stands in for the other. The journal's own controls break them.
@Suite(.serialized) struct ControlTests {
    static let breaches = SweepTests.isWhole ? Breach.all : Array(Breach.all.prefix(1))

    @Test(arguments: breaches) func `a broken rule is noticed`(_ breach: Breach) throws {
        for attempt in 0..<20 {
            let failpoint = breach.failpoint(attempt)
            let outcome = try Life(beginning: .nothing, seed: UInt64(attempt), breaking: breach).run(failpoint)
            // One that does not even start proves nothing.
            guard outcome.isMet, !outcome.wrong.isEmpty else { continue }
            print("\(breach.testDescription), \(failpoint): \(outcome.wrong[0].prefix(200))")
            return
        }
        Issue.record("nothing was noticed")
    }

    @Test(.enabled(if: SweepTests.isWhole), arguments: breaches)
    func `a kept rule is not`(_ breach: Breach) throws {
        for attempt in 0..<6 {
            let failpoint = breach.failpoint(3 * attempt)
            let outcome = try Life(beginning: .nothing, seed: UInt64(attempt), breaking: breach.kept).run(failpoint)
            #expect(outcome.texts(failpoint) == [])
        }
    }
}
