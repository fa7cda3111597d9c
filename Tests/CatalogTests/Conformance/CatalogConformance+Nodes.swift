import Catalog
import Testing
import Vocabulary

extension CatalogConformance {
    private func drained(_ id: String) async throws -> NodeRow {
        let outcome = try await nodes.drain(node(id), at: .ms(50))
        guard case .done(let row) = outcome else { throw Unexpected(outcome: "\(outcome)") }
        return row
    }

    private struct Unexpected: Error { let outcome: String }

    private func register(_ id: String, holdsCatalog: Bool = false) async throws {
        let registration = NodeRegistration(id: node(id), address: "http://\(id)", holdsCatalog: holdsCatalog)
        _ = try await nodes.register(registration, at: .ms(1))
    }

    func drains() async throws {
        try await register("n1", holdsCatalog: true)
        try await register("n2")
        #expect(try await nodes.drain(node("n1"), at: .ms(50)) == .holdsCatalog)
        #expect(try await nodes.find(node("n1"))?.state == .up)
        #expect(try await nodes.drain(node("n9"), at: .ms(50)) == .notFound)
        let row = try await drained("n2")
        #expect(row.state == .draining)
        #expect(row.drain?.since == .ms(50) && row.drain?.tenants == 0 && row.drain?.note == nil)
        #expect(try await nodes.drain(node("n2"), at: .ms(99)) == .done(row), "said again it changes nothing")
        try await nodes.note(node("n2"), "no room", at: .ms(60))
        #expect(try await nodes.find(node("n2"))?.drain?.note == "no room")

        // Stopped in good order and started anew it is still to be emptied.
        #expect(try await nodes.leave(node("n2"), incarnation: row.incarnation, at: .ms(70)))
        #expect(try await nodes.find(node("n2"))?.state == .fenced)
        try await register("n2")
        #expect(try await nodes.find(node("n2"))?.state == .draining)

        let undrained = try await nodes.undrain(node("n2"), at: .ms(80))
        guard case .done(let back) = undrained else { throw Unexpected(outcome: "\(undrained)") }
        #expect(back.state == .up && back.drain == nil)
        try await register("n2")
        #expect(try await nodes.find(node("n2"))?.state == .up)
    }

    func reports() async throws {
        try await register("n2")
        let rows = NodeReportRows(store)
        try await rows.put([1, 2], from: node("n2"), incarnation: 1, at: .ms(5))
        try await rows.put([3], from: node("n2"), incarnation: 1, at: .ms(6))
        // Of a process that is no longer the node.
        try await rows.put([4], from: node("n2"), incarnation: 7, at: .ms(7))
        let found = try await rows.list()
        #expect(found.map(\.report) == [[3]] && found.map(\.reported) == [.ms(6)])
    }
}

extension WallTime {
    fileprivate static func ms(_ milliseconds: Int64) -> WallTime { WallTime(milliseconds: milliseconds) }
}
