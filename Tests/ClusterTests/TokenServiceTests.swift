import Access
import Catalog
import Seams
import Synchronization
import Testing
import Vocabulary

@testable import ControlPlane

struct TokenServiceTests {
    private final class Clock: TimeSource {
        private let ahead = Mutex<Int64>(0)
        func advance(hours: Int64) { ahead.withLock { $0 += hours * 3_600_000 } }
        func monotonic() -> Instant { SystemTime().monotonic() }
        func wall() -> WallTime {
            WallTime(milliseconds: SystemTime().wall().milliseconds + ahead.withLock { $0 })
        }
    }

    @Test func `a repetition makes the same token, with the end that was written down`() async throws {
        let house = try await NodeHouse()
        let clock = Clock()
        let service = TokenService(
            store: house.store, verifier: TokenVerifier(keys: SigningKeys(), time: clock), time: clock,
            random: SystemRandom())
        try await service.load()
        let row = try await house.creating("acme", on: "n1")
        func make(_ seed: UInt64, isRepetition: Bool) async throws -> String {
            let scope = OnceScope(seed: OperationID(high: seed, low: 9), isRepetition: isRepetition)
            return try await OnceScope.$current.withValue(scope) {
                try await service.make(for: row, level: .write, seconds: 3600, reason: "help").token
            }
        }
        let first = try await make(1, isRepetition: false)
        clock.advance(hours: 3)
        #expect(try await make(1, isRepetition: true) == first)
        #expect(try await make(2, isRepetition: true) != first)
        var query = AuditQuery()
        query.tenant = row.id
        let granted = try await AuditRows(house.store).list(query).filter { $0.action == "support.grant" }
        #expect(granted.count == 2)
        try house.stop()
    }
}
