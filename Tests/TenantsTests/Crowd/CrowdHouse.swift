import Foundation
import Journal
import Seams
import Simulator
import Synchronization
import Vocabulary

@testable import Tenants

/// An engine with next to no room for anything, on a disk or on a simulated one.
final class CrowdHouse: @unchecked Sendable {
    // @unchecked: `engine` and `faults` change between rounds only, when nothing runs.
    enum Place: CaseIterable, Sendable {
        /// The real calls, and nothing that puts threads in order beside the engine's own locks.
        case disk
        /// One lock around all calls, but syncs that take their time.
        case simulated
    }

    /// What there is least of.
    enum Squeeze: CaseIterable, Sendable {
        /// Tenants, descriptors, streams, places in queues.
        case bounds
        /// The journal, which is full most of the time.
        case journal
    }

    let place: Place
    let squeeze: Squeeze
    let directory: String
    let files: any Files
    let hasFailed = Mutex<JournalError?>(nil)
    var faults = EngineFaults()
    private(set) var engine: TenantEngine!

    init(_ place: Place, _ squeeze: Squeeze) {
        self.place = place
        self.squeeze = squeeze
        switch place {
        case .disk:
            directory = NSTemporaryDirectory() + "rowhouse-crowd-" + UUID().uuidString
            files = PosixFiles()
        case .simulated:
            directory = SimulatedHouse.directory
            let disk = SimulatedDisk()
            for nth in stride(from: 40, to: 4_000, by: 40) {
                disk.inject(.delay(nanoseconds: 20_000_000), on: .sync, nth: nth)
            }
            files = disk
        }
    }

    deinit { if place == .disk { try? FileManager.default.removeItem(atPath: directory) } }

    func start() throws {
        let (settings, options) = bounds()
        var start = EngineStart(
            settings: settings, journalOptions: options, files: files, time: SystemTime(), random: SystemRandom())
        start.engineFaults = faults
        engine = try start.run(
            progress: { _ in },
            onFatal: { [weak self] error in self?.hasFailed.withLock { $0 = error } })
    }

    func forget() { engine = nil }

    private func bounds() -> (EngineSettings, JournalOptions) {
        var (settings, options) = SimulatedHouse.tiny()
        settings.directory = directory
        settings.openTenants = 3
        settings.descriptors = 4
        settings.tenantQueue = 4
        settings.nodeQueue = 24
        settings.slowStatements = 2
        settings.streamsPerTenant = 4
        settings.streamsPerNode = 12
        settings.checkpointLogBytes = 32 << 10
        settings.logPerTenant = 1 << 20
        settings.logPerNode = 2 << 20
        settings.transactionWait = 10_000_000
        settings.transactionIdle = 30_000_000
        settings.streamIdle = 60_000_000
        settings.journalHoldback = 50_000_000
        settings.transactionBytes = 64 << 10
        options.segmentBytes = 128 << 10
        options.journalBytes = (squeeze == .journal ? 5 : 16) * options.segmentBytes
        options.transactionBytes = 64 << 10
        options.bufferBytes = 128 << 10
        options.flushBytes = 32 << 10
        return (settings, options)
    }
}

extension TenantEngine {
    /// For whoever must find out why nothing moves.
    var sketch: String {
        """
        open \(openCount), threads \(threadCount), streams \(streamCount), waiting \(load.waitingWorks), \
        lanes \(laneQueueLengths), log \(logBytes), descriptors \(descriptorCount), dirty \(dirty.count)
        journal: last \(journal.lastLSN), durable \(journal.durableLSN), recovery point \(journal.recoveryPoint), \
        used \(journal.usedBytes) of \(journal.options.journalBytes), ended \(journal.ended.map { "\($0)" } ?? "no")
        """
    }
}
