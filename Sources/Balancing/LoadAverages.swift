package import Planning
package import Vocabulary

/// Averages of what each tenant of a node uses, over two minutes and over half an hour. Pure: fed with what was used since the
/// last time.
///
/// Exponential averages, each begun as a plain mean: a tenant that was seen for ten seconds has the rate of these ten seconds,
/// not a three-hundredth of it.
package struct LoadAverages: Sendable {
    /// What a tenant has used since the sample before.
    package struct Use: Sendable {
        package var tenant: TenantID
        /// Nanoseconds of processor time.
        package var nanoseconds: UInt64
        /// Bytes.
        package var written: UInt64
        package var memory: Int
        package var bytes: Int64

        package init(tenant: TenantID, nanoseconds: UInt64, written: UInt64, memory: Int, bytes: Int64) {
            self.tenant = tenant
            self.nanoseconds = nanoseconds
            self.written = written
            self.memory = memory
            self.bytes = bytes
        }
    }

    private struct Average: Sendable {
        var cpu = 0.0
        var writes = 0.0
        var memory = 0.0

        mutating func move(to now: Average, by share: Double) {
            cpu += (now.cpu - cpu) * share
            writes += (now.writes - writes) * share
            memory += (now.memory - memory) * share
        }

        func load(_ bytes: Int64) -> Load {
            Load(
                cpu: Int64(cpu.rounded()), writes: Int64(writes.rounded()), bytes: bytes,
                memory: Int64(memory.rounded()))
        }
    }

    private struct Entry: Sendable {
        /// Seconds.
        var seen = 0.0
        var slow = Average()
        var fast = Average()
        var bytes: Int64 = 0

        /// Below one in every dimension there is nothing left to remember.
        var isIdle: Bool { max(slow.cpu, fast.cpu, slow.memory, fast.memory) < 1 && max(slow.writes, fast.writes) < 1 }
    }

    /// Seconds.
    private static let fastSpan = 120.0
    private static let slowSpan = 1800.0
    /// Tenants that are remembered; of more, those that come last are not.
    private static let most = 200_000

    private var entries: [TenantID: Entry] = [:]

    package init() {}

    /// Takes what was used in a span; whoever is not named used nothing.
    ///
    /// - Parameter span: seconds since the sample before; above 0.
    package mutating func sample(_ uses: [Use], span: Double) {
        guard span > 0 else { return }
        let known = Dictionary(uses.map { ($0.tenant, $0) }) { first, _ in first }
        for tenant in known.keys where entries[tenant] == nil && entries.count < Self.most { entries[tenant] = Entry() }
        for tenant in Array(entries.keys) {
            guard var entry = entries[tenant] else { continue }
            let use = known[tenant]
            let now = Average(
                cpu: Double(use?.nanoseconds ?? 0) / 1000 / span, writes: Double(use?.written ?? 0) / span,
                memory: Double(use?.memory ?? 0))
            entry.seen += span
            entry.slow.move(to: now, by: Self.share(span, of: Self.slowSpan, seen: entry.seen))
            entry.fast.move(to: now, by: Self.share(span, of: Self.fastSpan, seen: entry.seen))
            if let use { entry.bytes = use.bytes }
            entries[tenant] = use == nil && entry.isIdle ? nil : entry
        }
    }

    /// A linear share instead of an exponential one: for spans far below the average's the same.
    private static func share(_ span: Double, of whole: Double, seen: Double) -> Double {
        min(1, max(span / whole, span / seen))
    }

    /// A node's report.
    ///
    /// - Parameters:
    ///   - weights: bytes at rest of all its tenants, and the largest of them.
    package func report(
        capacity: Load, otherBytes: Int64, bytes: Int64, largest: [(tenant: TenantID, bytes: Int64)]
    ) -> NodeReport {
        var (slow, fast) = (Load.zero, Load.zero)
        var tenants: [NodeReport.Tenant] = []
        tenants.reserveCapacity(entries.count)
        for (id, entry) in entries {
            let tenant = NodeReport.Tenant(
                id: id, slow: entry.slow.load(entry.bytes), fast: entry.fast.load(entry.bytes))
            slow += tenant.slow
            fast += tenant.fast
            tenants.append(tenant)
        }
        slow[.bytes] = bytes
        fast[.bytes] = bytes
        let quiet = largest.filter { entries[$0.tenant] == nil }.map {
            NodeReport.Tenant(id: $0.tenant, slow: Load(bytes: $0.bytes), fast: Load(bytes: $0.bytes))
        }
        return NodeReport(
            capacity: capacity, otherBytes: otherBytes, slow: slow, fast: fast, tenants: Self.heaviest(tenants + quiet))
    }

    /// The heaviest in each dimension, each once, by id.
    private static func heaviest(_ tenants: [NodeReport.Tenant]) -> [NodeReport.Tenant] {
        guard tenants.count > NodeReport.listed else { return tenants.sorted { $0.id < $1.id } }
        var chosen: [TenantID: NodeReport.Tenant] = [:]
        for dimension in Dimension.allCases {
            let ordered = tenants.sorted { ($0.slow[dimension], $1.id) > ($1.slow[dimension], $0.id) }
            for tenant in ordered.prefix(NodeReport.listed) where tenant.slow[dimension] > 0 {
                chosen[tenant.id] = tenant
            }
        }
        return chosen.values.sorted { $0.id < $1.id }
    }
}
