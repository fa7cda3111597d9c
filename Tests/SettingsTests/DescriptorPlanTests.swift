import Testing

@testable import Settings

@Suite struct DescriptorPlanTests {
    private func plan(_ limit: Int, _ adjust: (inout ServerSettings) -> Void = { _ in }) throws -> DescriptorPlan {
        var settings = ServerSettings()
        adjust(&settings)
        return try DescriptorPlan(limit: limit, for: settings)
    }

    @Test func `what is asked for is given where it fits`() throws {
        let plan = try plan(524_288)
        #expect(plan.connections == ServerSettings().limits.connections)
        #expect(plan.files == 20_000)
        #expect(plan.warning == nil)
    }

    @Test func `connections give way to the files of the node`() throws {
        let plan = try plan(1_024)
        let segments = (2 << 30) >> 26
        #expect(plan.connections + plan.files + segments + DescriptorPlan.others <= 1_024)
        #expect(plan.connections > 400 && plan.files > 150)
        let words = try #require(plan.warning)
        #expect(words.contains("limits.connections 10000") && words.contains("1024 files"))
    }

    @Test(arguments: [372, 373, 512, 1_000, 4_096, 11_000, 20_000, 1_048_576])
    func `all parts together fit`(limit: Int) throws {
        for wanted in [1, 100, 10_000, 1_000_000] {
            let plan = try plan(limit) { $0.limits.connections = wanted }
            #expect(plan.connections + plan.files + 36 + DescriptorPlan.others <= limit)
            #expect(plan.files >= 64 && plan.connections >= min(wanted, 16))
            #expect((plan.warning == nil) == (plan.connections == wanted))
        }
    }

    @Test func `too few are refused in words`() {
        #expect(throws: DescriptorPlan.TooFew(limit: 371, needed: 372)) { try plan(371) }
        #expect(throws: DescriptorPlan.TooFew.self) { try plan(1_024) { $0.journal.segment = 1 << 21 } }
    }
}
