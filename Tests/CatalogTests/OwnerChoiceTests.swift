import Catalog
import Membership
import Testing
import Vocabulary

@Suite struct OwnerChoiceTests {
    @Test func `new tenants are spread evenly over the nodes that are up`() async throws {
        let driver = SQLiteCatalogDriver()
        try await CatalogSchema.migrate(driver, dialect: .sqlite, at: .hours(0))
        let rows = NodeRows(.over(driver))
        for number in 1...4 { _ = try await rows.register(.init(id: node("n\(number)"), address: ""), at: .hours(0)) }
        _ = try await rows.turn(node("n4"), from: .up, to: .draining, at: .hours(0))
        let nodes = try await rows.list()
        var counts: [NodeID: Int] = [:]
        for number in 0..<3000 {
            let owner = try #require(OwnerChoice.owner(of: key("t\(number)"), among: nodes))
            #expect(owner == OwnerChoice.owner(of: key("t\(number)"), among: nodes.reversed()))
            counts[owner, default: 0] += 1
        }
        #expect(counts[node("n4")] == nil)
        #expect(counts.count == 3 && counts.values.allSatisfy { (900...1100).contains($0) }, "\(counts)")
        #expect(OwnerChoice.owner(of: key("a"), among: []) == nil)
    }
}
