import Catalog
import Testing
import Vocabulary

extension CatalogConformance {
    private func request(_ number: UInt8, tag: UInt8 = 1, holder: String = "n1 a") -> RequestKeyRows.Request {
        RequestKeyRows.Request(id: [number], tag: [tag], principal: "ops", holder: holder)
    }

    func requestKeys() async throws {
        let keys = RequestKeyRows(store)
        guard case .begun(let seed, isFirst: true) = try await keys.begin(request(1), hold: 1000, at: .hours(0)) else {
            throw ConformanceFailure(what: "it was not begun")
        }
        #expect(try await keys.begin(request(1), hold: 1000, at: .hours(0)) == .underWay)
        #expect(try await keys.begin(request(1, holder: "n2 b"), hold: 1000, at: .hours(0)) == .underWay)
        #expect(try await keys.begin(request(1, tag: 2), hold: 1000, at: .hours(0)) == .mismatch)
        // A later process of the same node, and anybody after the time that it was held for, goes on with the same seed.
        #expect(
            try await keys.begin(request(1, holder: "n1 b"), hold: 1000, at: .hours(0))
                == .begun(seed: seed, isFirst: false))
        #expect(
            try await keys.begin(request(1, holder: "n2 b"), hold: 1000, at: .hours(1))
                == .begun(seed: seed, isFirst: false))
        try await keys.finish([1], seed: seed, status: 201, answer: [1, 2], at: .hours(1))
        try await keys.finish([1], seed: seed, status: 500, answer: [3], at: .hours(1))
        try await keys.forget([1], seed: seed, at: .hours(1))
        let answered = RequestKeyRows.Outcome.answered(status: 201, answer: [1, 2])
        #expect(try await keys.begin(request(1), hold: 1000, at: .hours(2)) == answered)
        #expect(try await keys.begin(request(1, tag: 2), hold: 1000, at: .hours(2)) == .mismatch)
        // After a day it is another request, with another seed.
        guard
            case .begun(let other, isFirst: true) = try await keys.begin(request(1, tag: 2), hold: 1000, at: .hours(24))
        else {
            throw ConformanceFailure(what: "it was not forgotten")
        }
        #expect(other != seed)
        try await keys.forget([1], seed: other, at: .hours(24))
        guard case .begun(let third, isFirst: true) = try await keys.begin(request(1), hold: 1000, at: .hours(24))
        else {
            throw ConformanceFailure(what: "it was not let go of")
        }
        try await keys.leave([1], seed: third, at: .hours(24))
        #expect(
            try await keys.begin(request(1, holder: "n2 b"), hold: 1000, at: .hours(24))
                == .begun(seed: third, isFirst: false))
        _ = try await Housekeeping(store).sweep(.init(), at: .hours(48))
        #expect(try await keys.begin(request(1), hold: 1000, at: .hours(48)) != .underWay)
    }

    func repeatedRequests() async throws {
        _ = try await register(1)
        let seed = OperationID(high: 7, low: 9)
        func run(_ body: () async throws -> [String]) async throws -> [String] {
            try await OnceScope.$current.withValue(OnceScope(seed: seed)) { try await body() }
        }
        func work() async throws -> [String] {
            var seen: [String] = []
            for name in ["a", "b"] {
                switch try await tenants.create(NewTenant(key: key(name)), on: node("n1"), at: .hours(1)) {
                case .created(let row): seen.append("\(row.id)")
                case let other: seen.append("\(other)".prefix { $0 != "(" }.description)
                }
            }
            return seen
        }
        let first = try await run(work)
        // Cut off here, it is repeated: the same rows, and no others.
        #expect(try await run(work) == first)
        #expect(try await tenants.list().map { "\($0.id)" } == first)
        // Of another request each is a refusal, which is not stored: when the reason goes, so does the refusal.
        let another = OnceScope(seed: OperationID(high: 8, low: 9))
        #expect(try await OnceScope.$current.withValue(another) { try await work() } == ["exists", "exists"])
        #expect(!another.hasWritten)
        let row = try #require(try await tenants.find(key("a")))
        _ = try await tenants.markReady(row.id, by: node("n1"), epoch: .first, at: .hours(1))
        _ = try await tenants.rename(row.id, to: key("c"), at: .hours(1))
        let later = OnceScope(seed: OperationID(high: 8, low: 9))
        let retried = try await OnceScope.$current.withValue(later) { try await work() }
        #expect(retried == ["keyHeld", "exists"])
    }
}
