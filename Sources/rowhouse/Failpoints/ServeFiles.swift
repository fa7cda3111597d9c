import Journal
import Seams
import Settings
import Tenants

/// The file system of a node, and the rules that it keeps: the real one, and all of them.
///
/// A debug build can be told by its environment to die at a chosen call of the disk, to break a rule, or to copy commits into
/// their files at other times, so that the proofs of crashes can watch a real process do so. A release build does not know
/// these words.
enum ServeFiles {
    static func make(_ base: NodeBase) throws -> any Files {
        #if DEBUG
            return try FailpointSetup(base).files()
        #else
            return PosixFiles()
        #endif
    }

    static func disturb(_ start: inout EngineStart) throws {
        #if DEBUG
            try BrokenRules.apply(to: &start)
            try CheckpointSchedule.apply(to: &start)
        #endif
    }
}

#if DEBUG
    import Foundation

    /// Reads the environment's words about failpoints:
    ///
    /// - `ROWHOUSE_FAILPOINT`: as ``Failpoint`` reads it, or `none` to learn names only;
    /// - `ROWHOUSE_FAILPOINT_ARMED_BY`: calls count from when this file exists;
    /// - `ROWHOUSE_FAILPOINT_DELAY`: as ``FailpointDelay`` reads it;
    /// - `ROWHOUSE_FAILPOINT_NAMES`: set, every kind of call is logged when it comes first.
    private struct FailpointSetup {
        private let base: NodeBase
        private let environment = ProcessInfo.processInfo.environment

        init(_ base: NodeBase) { self.base = base }

        func files() throws -> any Files {
            guard let text = environment["ROWHOUSE_FAILPOINT"] else { return PosixFiles() }
            let failpoint = Failpoint(text)
            guard failpoint != nil || text == "none" else {
                throw ServeFailure.config("ROWHOUSE_FAILPOINT: \(text) is no failpoint, such as journal-sync:7")
            }
            FailpointLog.write("this process is made to fail at \(text); it is for tests only")
            let unsynced =
                failpoint?.powerCut != nil ? try UnsyncedChanges(stash: base.directory + ".failpoint-stash") : nil
            return FailpointFiles(
                places: DiskPlaces(directory: base.directory, journal: base.journal),
                trigger: FailpointTrigger(
                    failpoint, arming: environment["ROWHOUSE_FAILPOINT_ARMED_BY"],
                    names: environment["ROWHOUSE_FAILPOINT_NAMES"] != nil,
                    delay: try delay(), unsynced: unsynced),
                unsynced: unsynced)
        }

        private func delay() throws -> FailpointDelay? {
            guard let text = environment["ROWHOUSE_FAILPOINT_DELAY"] else { return nil }
            guard let delay = FailpointDelay(text) else {
                throw ServeFailure.config("ROWHOUSE_FAILPOINT_DELAY: \(text) is no delay, such as journal-sync:20")
            }
            return delay
        }
    }

    /// Rules that a process breaks on purpose: `ROWHOUSE_BREAK_RULES`, names with commas between.
    private enum BrokenRules {
        private enum Rule: String, CaseIterable {
            case acknowledgeBeforeSync = "acknowledge-before-sync"
            case answerBeforeDurable = "answer-before-durable"
            case checkpointUndurable = "checkpoint-undurable"
            case settleBeforeSync = "settle-before-sync"
            case passDirtyTenants = "pass-dirty-tenants"
            case skipNodeState = "skip-node-state"
            case ignoreGeneration = "ignore-generation"
            case reuseGeneration = "reuse-generation"
            case rewriteAcknowledgedBlock = "rewrite-acknowledged-block"

            func apply(to start: inout EngineStart) {
                switch self {
                case .acknowledgeBeforeSync: start.faults.acknowledgeBeforeSync = true
                case .answerBeforeDurable: start.engineFaults.answerBeforeDurable = true
                case .checkpointUndurable: start.engineFaults.checkpointUndurable = true
                case .settleBeforeSync: start.engineFaults.settleBeforeSync = true
                case .passDirtyTenants: start.engineFaults.passDirtyTenants = true
                case .skipNodeState: start.engineFaults.skipNodeState = true
                case .ignoreGeneration: start.faults.ignoreGeneration = true
                case .reuseGeneration: start.engineFaults.reuseGeneration = true
                case .rewriteAcknowledgedBlock: start.faults.rewriteAcknowledgedBlock = true
                }
            }
        }

        static func apply(to start: inout EngineStart) throws {
            guard let text = ProcessInfo.processInfo.environment["ROWHOUSE_BREAK_RULES"] else { return }
            for word in text.split(separator: ",") {
                guard let rule = Rule(rawValue: String(word)) else {
                    let known = Rule.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ServeFailure.config("ROWHOUSE_BREAK_RULES: \(word) is none of \(known)")
                }
                FailpointLog.write("this process breaks the rule \(word) on purpose; it is for tests only")
                rule.apply(to: &start)
            }
        }
    }
#endif
