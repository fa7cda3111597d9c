import Balancing
import Planning
import Testing
import Vocabulary

struct NodeReportTests {
    private static func report(_ count: Int) -> NodeReport {
        NodeReport(
            capacity: Load(cpu: 2_000_000, bytes: 1 << 40, memory: 1 << 34), otherBytes: 77,
            slow: Load(cpu: 5, bytes: 9),
            fast: Load(cpu: 6, writes: 1 << 40),
            tenants: (0..<count).map {
                .init(id: TenantID(.max - UInt64($0)), slow: Load(cpu: Int64($0), bytes: 4096), fast: Load(memory: 300))
            })
    }

    @Test(arguments: [0, 1, 1024]) func `a report comes back as it went`(count: Int) {
        let report = Self.report(count)
        #expect(NodeReport(report.encoded) == report)
        #expect(report.encoded.count <= 200 + 74 * count)
    }

    @Test func `no more tenants go than a report may have`() {
        #expect(NodeReport(Self.report(1025).encoded)?.tenants.count == 1024)
    }

    @Test func `damaged bytes are no report`() {
        let bytes = Self.report(3).encoded
        for length in 0..<bytes.count { #expect(NodeReport(Array(bytes[..<length])) == nil) }
        #expect(NodeReport(bytes + [0]) == nil)
        #expect(NodeReport([2] + bytes.dropFirst()) == nil)
        #expect(NodeReport([1] + Array(repeating: 0xFF, count: 400)) == nil)
    }
}
