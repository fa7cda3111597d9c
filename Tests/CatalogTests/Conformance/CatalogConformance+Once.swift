import Catalog
import Testing
import Vocabulary

extension CatalogConformance {
    private func request(_ number: UInt8, tag: UInt8 = 1, holder: String = "n1 a") -> RequestKeyRows.Request {
        RequestKeyRows.Request(id: [number], tag: [tag], principal: "ops", holder: holder)
    }

    private func begin(
        _ number: UInt8, tag: UInt8 = 1, holder: String = "n1 a", at hours: Int64
    ) async throws -> (run: RequestKeyRows.Run, isFirst: Bool) {
        let request = request(number, tag: tag, holder: holder)
        guard
            case .begun(let run, let isFirst) = try await RequestKeyRows(store).begin(
                request, hold: 1000, at: .hours(hours))
        else { throw ConformanceFailure(what: "it was not begun") }
        return (run, isFirst)
    }

    func requestKeys() async throws {
        let keys = RequestKeyRows(store)
        let (first, isFirst) = try await begin(1, at: 0)
        #expect(isFirst)
        #expect(try await keys.begin(request(1), hold: 1000, at: .hours(0)) == .underWay)
        #expect(try await keys.begin(request(1, holder: "n2 b"), hold: 1000, at: .hours(0)) == .underWay)
        #expect(try await keys.begin(request(1, tag: 2), hold: 1000, at: .hours(0)) == .mismatch)
        // A later process of the same node, and anybody after the time that it was held for, goes on with the same seed.
        let second = try await begin(1, holder: "n1 b", at: 0)
        #expect(second.run.seed == first.seed && !second.isFirst)
        // Whoever says that he is still at it keeps it; whom it was taken from does not.
        try await keys.renew(second.run, hold: 10_000_000, at: .hours(0))
        try await keys.renew(first, hold: 100_000_000, at: .hours(0))
        #expect(try await keys.begin(request(1, holder: "n2 b"), hold: 1000, at: .hours(1)) == .underWay)
        let third = try await begin(1, holder: "n2 b", at: 3)
        #expect(third.run.seed == first.seed && !third.isFirst)
        // Those that lost it neither give it up nor forget it.
        for run in [first, second.run] {
            try await keys.forget(run, at: .hours(3))
            try await keys.leave(run, at: .hours(3))
        }
        #expect(try await keys.begin(request(1), hold: 1000, at: .hours(3)) == .underWay)
        // Of two that come to an end the first one's answer is given by both.
        #expect(try await keys.finish(second.run, status: 201, answer: [1, 2], at: .hours(3)) == nil)
        let kept = try #require(try await keys.finish(third.run, status: 500, answer: [3], at: .hours(3)))
        #expect(kept.status == 201 && kept.answer == [1, 2])
        try await keys.forget(third.run, at: .hours(3))
        let answered = RequestKeyRows.Outcome.answered(status: 201, answer: [1, 2])
        #expect(try await keys.begin(request(1), hold: 1000, at: .hours(3)) == answered)
        #expect(try await keys.begin(request(1, tag: 2), hold: 1000, at: .hours(3)) == .mismatch)
        // After a day it is another request, with another seed.
        let other = try await begin(1, tag: 2, at: 24)
        #expect(other.isFirst && other.run.seed != first.seed)
        try await keys.forget(other.run, at: .hours(24))
        let fresh = try await begin(1, at: 24)
        #expect(fresh.isFirst)
        try await keys.leave(fresh.run, at: .hours(24))
        let last = try await begin(1, holder: "n2 b", at: 24)
        #expect(last.run.seed == fresh.run.seed && !last.isFirst)
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

    /// What stands after a rollback forbids the same again, and is what a repetition is answered with.
    func repeatedRollbacks() async throws {
        let flags = FlagRows(store)
        func rollBack(_ seed: UInt64, isRepetition: Bool) async throws -> FlagRow? {
            let scope = OnceScope(seed: OperationID(high: seed, low: 9), isRepetition: isRepetition)
            let outcome = try await OnceScope.$current.withValue(scope) {
                try await flags.rollBack("f", to: nil, at: .hours(1))
            }
            guard case .set(let flag) = outcome else { return nil }
            return flag
        }
        for value in 1...2 { _ = try await flags.set("f", to: "\(value)", version: nil, at: .hours(1)) }
        let first = try #require(try await rollBack(1, isRepetition: false))
        #expect(first.version == 3 && first.value == "1")
        for _ in 0..<2 { #expect(try await rollBack(1, isRepetition: true) == first) }
        #expect(try await flags.find("f")?.version == 3)
        #expect(try await rollBack(2, isRepetition: true) == nil, "there is nothing before")
        // Others roll back at once: who says the version goes back once.
        _ = try await flags.set("f", to: "4", version: nil, at: .hours(1))
        #expect(
            try await flags.rollBack("f", to: nil, version: 3, at: .hours(1)) == .differs(try await flags.find("f")))
        guard case .set(let fifth) = try await flags.rollBack("f", to: nil, version: 4, at: .hours(1)) else {
            throw ConformanceFailure(what: "it was not rolled back")
        }
        #expect(fifth.version == 5 && fifth.value == "1")
    }

    /// Of the signing keys nodes hear as of revoked tokens.
    func keyChanges() async throws {
        let keys = SigningKeyRows(store)
        let log = ChangeLog(store)
        let before = try await log.positions()[0]
        for name in ["k1", "k2"] {
            _ = try await keys.add(SigningKeyRow(kid: name, publicKey: [1], privateKey: [2], created: .hours(0)))
        }
        _ = try await keys.retire("k1", ifAnotherBefore: .hours(1), at: .hours(1))
        _ = try await keys.remove("k1", ifAnotherBefore: .hours(1), at: .hours(1))
        let changes = try await log.changes(in: 0, after: before)
        #expect(changes.count == 4 && changes.allSatisfy { $0.kind == .tokens })
        #expect(try await log.positions()[0] == before + 4)
    }
}
