import Balancing
import Planning
import Testing
import Vocabulary

struct LoadAveragesTests {
    private static let tenant = TenantID(1000)

    /// Seconds of processor time out of ten.
    private static func use(_ seconds: Double, written: UInt64 = 0) -> LoadAverages.Use {
        .init(
            tenant: tenant, nanoseconds: UInt64(seconds * 1e9), written: written, memory: 5000, bytes: 1 << 20)
    }

    private static func loads(_ averages: LoadAverages) -> (slow: Load, fast: Load)? {
        let report = averages.report(capacity: .zero, otherBytes: 0, bytes: 0, largest: [])
        return report.tenants.first.map { ($0.slow, $0.fast) }
    }

    @Test func `the first sample is a rate, not a part of one`() throws {
        var averages = LoadAverages()
        averages.sample([Self.use(5, written: 1000)], span: 10)
        let loads = try #require(Self.loads(averages))
        #expect(loads.slow == Load(cpu: 500_000, writes: 100, bytes: 1 << 20, memory: 5000))
        #expect(loads.fast == loads.slow)
    }

    @Test func `after a change the fast average is there long before the slow one`() throws {
        var averages = LoadAverages()
        for _ in 0..<180 { averages.sample([Self.use(1)], span: 10) }
        for _ in 0..<24 { averages.sample([Self.use(9)], span: 10) }
        let loads = try #require(Self.loads(averages))
        #expect(loads.fast[.cpu] > 750_000 && loads.fast[.cpu] <= 900_000)
        #expect(loads.slow[.cpu] > 150_000 && loads.slow[.cpu] < 300_000)
    }

    @Test func `who uses nothing is forgotten`() {
        var averages = LoadAverages()
        averages.sample([Self.use(1, written: 4096)], span: 10)
        for _ in 0..<5000 { averages.sample([], span: 10) }
        #expect(Self.loads(averages) == nil)
    }

    /// The later, the busier, and the less it writes.
    private static func one(_ index: UInt64) -> LoadAverages.Use {
        let nanoseconds = index * 1_000_000
        let written = (2000 - index) * 10_000
        return LoadAverages.Use(
            tenant: TenantID(1000 + index), nanoseconds: nanoseconds, written: written, memory: 0, bytes: 4096)
    }

    @Test func `of many the heaviest in each dimension are listed, and the sum is of all`() {
        var averages = LoadAverages()
        let uses = (0..<2000).map(Self.one)
        averages.sample(uses, span: 1)
        let report = averages.report(
            capacity: .zero, otherBytes: 0, bytes: 1 << 30, largest: [(tenant: TenantID(5), bytes: 1 << 29)])
        let ids = Set(report.tenants.map(\.id.rawValue))
        #expect(ids.isSuperset(of: (2999 - 255)...2999), "the busiest")
        #expect(ids.isSuperset(of: 1000...1255), "those that write most")
        #expect(ids.contains(5), "a quiet one that is large")
        #expect(report.tenants.count <= 1024)
        let all: Int64 = (0..<2000).reduce(0) { $0 + $1 * 1000 }
        #expect(report.slow[.cpu] == all)
        #expect(report.slow.bytes == 1 << 30)
    }
}
