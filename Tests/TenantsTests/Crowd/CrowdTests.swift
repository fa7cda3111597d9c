import Foundation
import SQLiteKit
import Testing
import Vocabulary

@testable import Tenants

/// Readers, interactive transactions of several callers, writers, checkpoints, eviction, a full journal, tenants that
/// come, go and change hands, and the end of the node, all at once and on tiny bounds. Made for the thread sanitizer
/// (`deploy/sanitize thread`); without one it looks for the same wrongs with fewer eyes.
@Suite(.serialized) struct CrowdTests {
    /// Seconds that a crowd is at it in each of its two rounds. `ROWHOUSE_CROWD` makes it longer.
    static let seconds = ProcessInfo.processInfo.environment["ROWHOUSE_CROWD"].flatMap(Double.init) ?? 1

    @Test(.timeLimit(.minutes(60)), arguments: CrowdHouse.Place.allCases, CrowdHouse.Squeeze.allCases)
    func `a crowd on tiny bounds sees what it may and leaves nothing`(
        place: CrowdHouse.Place, squeeze: CrowdHouse.Squeeze
    ) async throws {
        SQLiteRuntime.start(countingMemory: true)
        let leaks = CrowdLeaks()
        let ledger = CrowdLedger()
        let counts = CrowdCounts()
        let house = CrowdHouse(place, squeeze)
        for round in 0..<2 {
            try house.start()
            let watch = try CrowdWatch(limit: 120) { [engine = house.engine!] in engine.sketch + "\n\(counts.all)" }
            defer { watch.end() }
            let crowd = Crowd(house, ledger, counts, watch, leaks)
            // What was acknowledged before the restart, and nothing that was taken back.
            if round == 0 { try await crowd.prepare() } else { await crowd.verify() }
            await crowd.run(seconds: Self.seconds)
            // A slow machine needs longer to meet everything.
            for _ in 0..<60 where round == 1 && !counts.missing(for: squeeze).isEmpty { await crowd.run(seconds: 0.5) }
            try await crowd.end()
            #expect(ledger.violations == [])
            #expect(Inspection.leftovers(of: house.engine) == [])
            let wrong = crowd.wrongFiles
            #expect(wrong == [])
        }
        print("crowd (\(place), \(squeeze)): \(counts.all)")
        #expect(counts.missing(for: squeeze) == [])
        house.forget()
        let left = await leaks.found(in: house)
        #expect(left == [])
    }

    // MARK: The crowd's own proof

    struct Breach: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let fault: @Sendable (inout EngineFaults) -> Void
    }

    static let breaches: [Breach] = [
        Breach(testDescription: "J1: answering before the commit is durable") { $0.answerBeforeDurable = true },
        Breach(testDescription: "J1: reads that do not wait") { $0.readsDoNotWait = true },
    ]

    @Test(arguments: breaches) func `a crowd notices a broken rule`(_ breach: Breach) async throws {
        let house = CrowdHouse(.simulated, .bounds)
        breach.fault(&house.faults)
        try house.start()
        let ledger = CrowdLedger()
        let watch = try CrowdWatch(limit: 120) { "" }
        defer { watch.end() }
        let crowd = Crowd(house, ledger, CrowdCounts(), watch, CrowdLeaks())
        try await crowd.prepare()
        for _ in 0..<100 where ledger.violations.isEmpty { await crowd.run(seconds: 0.2) }
        try await crowd.end()
        house.forget()
        #expect(!ledger.violations.isEmpty)
    }

    @Test func `a request that never ends is told of`() async throws {
        let told = CrowdFlag()
        let watch = try CrowdWatch(limit: 0.2, onStuck: { _ in told.set() }) { "" }
        _ = watch.begin("a request that never ends")
        for _ in 0..<600 where !told.isSet { try await Task.sleep(for: .milliseconds(50)) }
        watch.end()
        #expect(told.isSet)
    }

    @Test func `a row that nobody may see is told of, and so is one that is missing`() {
        let ledger = CrowdLedger()
        let tenant = TenantID(7)
        let mine = ledger.begin()
        ledger.saw(
            CrowdSight(accounts: CrowdSight.beginning, version: 0, numbers: [mine]), in: tenant, since: 0, own: mine)
        #expect(ledger.violations == [])
        ledger.saw(CrowdSight(accounts: CrowdSight.beginning, version: 0, numbers: [mine]), in: tenant, since: 0)
        #expect(ledger.violations.count == 1)
        ledger.mayBeSeen(mine)
        ledger.acknowledge(mine, version: 1, in: tenant)
        ledger.saw(CrowdSight(accounts: CrowdSight.beginning, version: 1, numbers: [mine]), in: tenant, since: 1)
        #expect(ledger.violations.count == 1)
        ledger.saw(
            CrowdSight(accounts: CrowdSight.beginning, version: 0, numbers: []), in: tenant,
            since: ledger.floor(of: tenant))
        #expect(ledger.violations.count == 2)
        ledger.acknowledge(ledger.begin(), version: 1, in: tenant)
        #expect(ledger.violations.count == 3)
    }
}
