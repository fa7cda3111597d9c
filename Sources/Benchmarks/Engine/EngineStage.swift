import Journal
import Lanes
import Seams
import Synchronization
import Tenants
import Vocabulary

/// An engine in a folder of its own, with the tenants that the load is spread over.
package final class EngineStage: Sendable {
    package struct Options: Sendable {
        /// Absolute, empty; the engine makes its folders below it.
        package var directory: String
        package var tenants = 1_000
        /// Lanes of the engine; a node has one a core.
        package var lanes = 2
        package var journalBytes = JournalOptions().journalBytes

        package init(directory: String) { self.directory = directory }
    }

    let engine: TenantEngine
    let tenants: [TenantID]
    let log: LogMeter
    let usage: UsageMeter
    private let failure: FirstFailure

    /// Creations that may wait for their sync together.
    private static let creationsAtOnce = 256
    /// Longer than one write of the journal's preparation takes.
    private static let glance: UInt64 = 500_000_000

    /// Starts the engine and makes the tenants.
    package static func prepare(
        _ options: Options, until stop: StopFlag, note: (Int) -> Void
    ) async throws(BenchmarkError) -> EngineStage {
        let stage = try EngineStage(options)
        do {
            try await stage.create(until: stop, note: note)
            try await Blocking.run { () throws(BenchmarkError) in stage.awaitPrepared(until: stop) }
        } catch let error as BenchmarkError {
            stage.end()
            throw error
        } catch {
            stage.end()
            throw .engine("\(error)")
        }
        return stage
    }

    private init(_ options: Options) throws(BenchmarkError) {
        var settings = EngineSettings(directory: options.directory)
        settings.lanes = options.lanes
        var journal = JournalOptions()
        journal.journalBytes = options.journalBytes
        journal.transactionBytes = min(journal.transactionBytes, options.journalBytes / 8)
        let failure = FirstFailure()
        let files = MeteredFiles(counting: options.directory + "/journal")
        let start = EngineStart(
            settings: settings, journalOptions: journal, files: files, time: SystemTime(), random: SystemRandom())
        do throws(EngineStartError) {
            engine = try start.run(progress: { _ in }, onFatal: { failure.set($0.description) })
        } catch {
            throw .engine(error.description)
        }
        var dice = Dice(seed: 0x7E_AA_47)
        // As a catalog gives them: spread over lanes and folders.
        tenants = (0..<options.tenants).map { _ in TenantID(max(dice.next(), TenantID.firstFree)) }
        log = files.meter
        usage = UsageMeter(directory: options.directory)
        self.failure = failure
    }

    private func create(until stop: StopFlag, note: (Int) -> Void) async throws {
        let template = try engine.templates.make(sql: WorkTable.schema)
        var done = 0
        while done < tenants.count {
            if stop.isSet { throw BenchmarkError.interrupted }
            let batch = tenants[done..<min(done + Self.creationsAtOnce, tenants.count)]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in batch {
                    group.addTask { [engine] in try await engine.create(id, template: template, epoch: .first) }
                }
                try await group.waitForAll()
            }
            done += batch.count
            note(done)
        }
    }

    /// Waits until the journal has written its first segments and its ballast: a node does that once in its life, and it
    /// would count as bytes of the first commits.
    private func awaitPrepared(until stop: StopFlag) {
        let gate = Gate()
        var before: Int64 = -1
        while !stop.isSet, log.bytes != before {
            before = log.bytes
            gate.withLock { _ = gate.wait(atMost: Self.glance, while: { true }) }
        }
        awaitRest(until: stop)
    }

    /// Waits until the journal holds nothing that the tenants' files do not, or for half a minute.
    func awaitRest(until stop: StopFlag) {
        let gate = Gate()
        for _ in 0..<60 where !stop.isSet {
            // The checkpointer's own bookkeeping, a commit of the node state, always remains.
            guard engine.journal.lastLSN.rawValue - engine.journal.recoveryPoint.rawValue > 4 else { return }
            gate.withLock { _ = gate.wait(atMost: Self.glance, while: { true }) }
        }
    }

    /// What the disk did to the engine, where it did: every number from then on is worth nothing.
    func check() throws(BenchmarkError) {
        if let reason = failure.value { throw .engine(reason) }
    }

    /// Ends the engine without copying what its journal holds: the folder is thrown away. Blocks.
    package func end() { engine.abandon() }
}

/// The first thing that went wrong, told from any thread.
private final class FirstFailure: Sendable {
    private let text = Mutex<String?>(nil)

    var value: String? { text.withLock { $0 } }
    func set(_ reason: String) { text.withLock { if $0 == nil { $0 = reason } } }
}
