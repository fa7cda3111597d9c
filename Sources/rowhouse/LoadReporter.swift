import Balancing
import Catalog
import Foundation
import Planning
import Seams
import Settings
import Tenants
import Vocabulary

/// Tells the catalog what this node has to give and what its tenants use, for plans.
struct LoadReporter: Sendable {
    let parts: NodeParts
    let incarnation: UInt64

    /// Nanoseconds between two reports.
    private static let interval: UInt64 = 10_000_000_000
    /// Whoever looks more often is told as often.
    private var interval: UInt64 { min(Self.interval, parts.base.settings.rebalancing.interval.nanoseconds) }
    /// Up to so many tenants are weighed for each report, more of them for every thirtieth.
    private static let weighedAlways = 20_000
    private static let rarely = 30

    /// Until the task is cancelled. What the catalog does not take is in the next report.
    func run() async {
        var averages = LoadAverages()
        var weights = parts.engine.weigh(largest: NodeReport.listed)
        var last = parts.base.time.monotonic()
        // The first one at once: a node without a report takes what it may not have room for.
        await tell(averages, weights)
        for turn in 1... {
            do { try await NodeParts.sleep(turn == 1 ? interval / 5 : interval) } catch { return }
            let now = parts.base.time.monotonic()
            averages.sample(uses(), span: Double(now.nanoseconds(since: last)) / 1e9)
            last = now
            if parts.engine.tenantCount <= Self.weighedAlways || turn % Self.rarely == 0 {
                weights = parts.engine.weigh(largest: NodeReport.listed)
            }
            await tell(averages, weights)
        }
    }

    private func uses() -> [LoadAverages.Use] {
        parts.engine.takeActivity().map {
            LoadAverages.Use(
                tenant: $0.tenant, nanoseconds: $0.nanoseconds, written: $0.written, memory: $0.memory, bytes: $0.bytes)
        }
    }

    private func tell(
        _ averages: LoadAverages, _ weights: (bytes: Int64, largest: [(tenant: TenantID, bytes: Int64)])
    ) async {
        let report = averages.report(
            capacity: capacity.load, otherBytes: max(capacity.used - weights.bytes, 0), bytes: weights.bytes,
            largest: weights.largest)
        try? await NodeReportRows(parts.store).put(
            report.encoded, from: parts.base.id, incarnation: incarnation, at: parts.base.time.wall())
    }

    /// What the node has to give, and how much of its disk is used: what the settings leave to tenants is theirs alone, what
    /// the file system has is not.
    private var capacity: (load: Load, used: Int64) {
        let settings = parts.base.settings
        let disk = settings.node.disk == 0 ? Disk(parts.base.directory) : nil
        return (
            Load(
                cpu: Int64(ServeSettings.cores) * 1_000_000, bytes: disk?.whole ?? Int64(settings.node.disk),
                memory: settings.node.memory == 0
                    ? Int64(clamping: ProcessInfo.processInfo.physicalMemory) : Int64(settings.node.memory)),
            disk?.used ?? 0
        )
    }

    /// The file system that the tenants' files are on.
    private struct Disk {
        let whole: Int64
        let used: Int64

        init?(_ path: String) {
            var status = statvfs()
            guard statvfs(path, &status) == 0 else { return nil }
            // As df reckons: what is kept for root is neither used nor to be had.
            used = Int64(status.f_blocks - status.f_bfree) * Int64(status.f_frsize)
            whole = used + Int64(status.f_bavail) * Int64(status.f_frsize)
        }
    }
}
