import Catalog
import Seams
import Synchronization
import Testing
import Vocabulary

@testable import ControlPlane

@Suite struct FlagBoardTests {
    /// Counts what the catalog is asked, and can be silent.
    private final class CountingDriver: CatalogDriver {
        private let base: any CatalogDriver
        let reads = Mutex(0)
        let isSilent = Mutex(false)

        init(_ base: any CatalogDriver) { self.base = base }

        func run(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows] {
            reads.withLock { $0 += 1 }
            while isSilent.withLock({ $0 }) {
                do { try await Task.sleep(for: .milliseconds(5)) } catch { throw .unavailable("cancelled") }
            }
            return try await base.run(transaction)
        }
    }

    private struct Board {
        let driver: CountingDriver
        let board: FlagBoard

        init(_ house: NodeHouse) {
            let driver = CountingDriver(house.store.driver)
            let sleep: Sleep = { nanoseconds in try await Task.sleep(for: .nanoseconds(nanoseconds)) }
            board = FlagBoard(
                store: CatalogStore(driver: driver, random: SystemRandom(), sleep: sleep), time: SystemTime(),
                sleep: sleep
            ) { false }
            self.driver = driver
        }

        /// With so many who wait for what comes after a number.
        func waiting(
            _ count: Int, after seq: UInt64, atMost span: UInt64, _ body: () async throws -> Void,
            then: () async -> Void = {}
        ) async throws -> [FlagBoard.Heard] {
            try await withThrowingTaskGroup(of: FlagBoard.Heard?.self) { group in
                group.addTask {
                    await board.run()
                    return nil
                }
                for _ in 0..<count { group.addTask { await board.wait(after: seq, atMost: span) } }
                try await Task.sleep(for: .milliseconds(100))
                try await body()
                var heard: [FlagBoard.Heard] = []
                while heard.count < count, let one = try await group.next() { if let one { heard.append(one) } }
                await then()
                group.cancelAll()
                return heard
            }
        }
    }

    @Test func `however many wait, a change is read once`() async throws {
        let house = try await NodeHouse()
        let flags = FlagRows(house.store)
        _ = try await flags.set("a", to: "1", version: nil, at: house.store.now)
        let board = Board(house)
        let heard = try await board.waiting(1000, after: 1, atMost: 60_000_000_000) {
            // One more finds no place.
            guard case .refused = await board.board.wait(after: 1, atMost: 1) else {
                Issue.record("a thousand and one wait")
                return
            }
            _ = try await flags.set("b", to: "2", version: nil, at: house.store.now)
        } then: {
            // Their places are free again.
            guard case .nothing = await board.board.wait(after: 2, atMost: 1) else {
                Issue.record("there is no place, or there was a change")
                return
            }
        }
        for one in heard {
            guard case .changes(let flags, newest: 2) = one, flags.map(\.name) == ["b"] else {
                Issue.record("\(one)")
                break
            }
        }
        #expect(heard.count == 1000)
        #expect(board.driver.reads.withLock { $0 } < 30)
        try house.stop()
    }

    @Test func `who waits in vain is let go in time, whatever the catalog does`() async throws {
        let house = try await NodeHouse()
        let board = Board(house)
        let idle = try await board.waiting(3, after: 0, atMost: 400_000_000) {}
        for one in idle { if case .nothing = one { continue } else { Issue.record("\(one)") } }
        let silent = Board(house)
        silent.driver.isSilent.withLock { $0 = true }
        let begun = SystemTime().monotonic()
        let heard = try await silent.waiting(3, after: 0, atMost: 1_500_000_000) {}
        for one in heard { if case .unknown = one { continue } else { Issue.record("\(one)") } }
        #expect(SystemTime().monotonic().nanoseconds(since: begun) < 20_000_000_000)
        // Of numbers that this catalog never gave nobody waits.
        let lost = Board(house)
        let strange = try await lost.waiting(1, after: 99, atMost: 60_000_000_000) {}
        for one in strange { if case .unknown = one { continue } else { Issue.record("\(one)") } }
        try house.stop()
    }
}

extension CatalogStore {
    fileprivate var now: WallTime { SystemTime().wall() }
}
