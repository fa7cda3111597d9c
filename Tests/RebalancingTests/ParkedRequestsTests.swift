import Catalog
import Routing
import Seams
import Synchronization
import Testing
import Vocabulary

@Suite struct ParkedRequestsTests {
    private let tenant = TenantID(700)
    private let node = NodeID("n1")!
    private let book = OwnerBook(NodeID("n1")!)
    private let time = StandingTime()

    private func parked(_ bounds: ParkingLot.Bounds = ParkingLot.Bounds()) async throws -> ParkedRequests {
        let row = try await OneRow.find(Placement(tenant: tenant, owner: node, epoch: .first, version: 1))
        _ = book.takeUp(row)
        return ParkedRequests(book: book, bounds: bounds, time: time)
    }

    private func turn(_ phase: Holding.Phase) { book.turn(tenant, epoch: .first, to: phase) }

    @Test func `who waits is told in order how the cutover ended`() async throws {
        let parked = try await parked()
        let ends = Ends()
        turn(.writesParked)
        for number in 0..<3 {
            #expect(parked.park(tenant, bytes: 10) { ends.add(number, $0) } == .parked(UInt64(number + 1)))
        }
        turn(.allParked)
        parked.settle(tenant)
        #expect(ends.all.isEmpty && parked.count == 3 && parked.bytes == 30)
        turn(.released(owner: NodeID("n2")!, epoch: Epoch(2)))
        parked.settle(tenant)
        let gone = ParkedRequests.End.sendOn(NotOwner(owner: NodeID("n2")!, epoch: Epoch(2)))
        #expect(ends.all.map(\.number) == [0, 1, 2] && ends.all.allSatisfy { $0.end == gone })
        #expect(parked.count == 0 && parked.bytes == 0)
    }

    @Test func `a cutover that was given up lets them run here`() async throws {
        let parked = try await parked()
        let ends = Ends()
        turn(.allParked)
        _ = parked.park(tenant, bytes: 1) { ends.add(0, $0) }
        turn(.serving)
        parked.settle(tenant)
        #expect(ends.all.map(\.end) == [.serveHere])
        // Too late to wait: it must be judged again.
        #expect(parked.park(tenant, bytes: 1) { ends.add(1, $0) } == .over)
        #expect(ends.all.count == 1)
    }

    @Test func `bounds turn away, the clock and a client's going end a wait`() async throws {
        var bounds = ParkingLot.Bounds()
        bounds.requestsPerTenant = 2
        bounds.wait = 1_000
        let parked = try await parked(bounds)
        let ends = Ends()
        turn(.allParked)
        #expect(parked.park(tenant, bytes: 1) { ends.add(0, $0) } == .parked(1))
        time.advance(500)
        #expect(parked.park(tenant, bytes: 1) { ends.add(1, $0) } == .parked(2))
        #expect(parked.park(tenant, bytes: 1) { ends.add(2, $0) } == .full)
        time.advance(500)
        parked.expire()
        #expect(ends.all.map(\.number) == [0] && ends.all.map(\.end) == [.expired])
        parked.leave(2)
        time.advance(1_000)
        parked.expire()
        #expect(ends.all.count == 1 && parked.count == 0)
    }

    @Test func `a node that stops leaves nobody waiting`() async throws {
        let parked = try await parked()
        let ends = Ends()
        turn(.allParked)
        _ = parked.park(tenant, bytes: 1) { ends.add(0, $0) }
        await parked.run { _ in throw CancellationError() }
        #expect(ends.all.map(\.end) == [.expired])
        #expect(parked.park(tenant, bytes: 1) { _ in } == .full)
    }

    /// Parking and settling at once, from many threads: nobody is forgotten in the lot.
    @Test func `nobody is put down after the others were taken up`() async throws {
        for _ in 0..<200 {
            let parked = try await parked()
            let ends = Ends()
            turn(.serving)
            turn(.allParked)
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask { [tenant] in
                        if parked.park(tenant, bytes: 1, then: { ends.add(number, $0) }) == .over {
                            ends.add(number, .serveHere)
                        }
                    }
                }
                group.addTask { [book, tenant] in
                    book.turn(tenant, epoch: .first, to: .serving)
                    parked.settle(tenant)
                }
            }
            #expect(ends.all.count == 8 && parked.count == 0)
        }
    }
}

/// A catalog with one row in it.
private struct OneRow: CatalogDriver {
    let placement: Placement

    static func find(_ placement: Placement) async throws -> TenantRow {
        let store = CatalogStore(driver: OneRow(placement: placement), random: SystemRandom(), sleep: { _ in })
        return try await TenantRows(store).find(placement.tenant)!
    }

    func run(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows] {
        let id = CatalogValue.integer(Int64(bitPattern: placement.tenant.rawValue))
        let row: [CatalogValue] = [
            id, .text("acme"), .text("default"), .text("ready"), .null, .text("local"), .text("{}"), .text("{}"), .null,
            .integer(0), .integer(0), .null, .null, .null, .integer(1), .integer(0), .integer(0), id, .text(placement.owner.name),
            .integer(Int64(placement.epoch.rawValue)), .integer(1), .text("stable"), .null, .null,
        ]
        return [CatalogRows(rows: [row])]
    }
}

private final class Ends: Sendable {
    private let list = Mutex<[(number: Int, end: ParkedRequests.End)]>([])
    var all: [(number: Int, end: ParkedRequests.End)] { list.withLock { $0 } }
    func add(_ number: Int, _ end: ParkedRequests.End) { list.withLock { $0.append((number, end)) } }
}

private final class StandingTime: TimeSource {
    private let now = Atomic<UInt64>(1_000_000)
    func advance(_ nanoseconds: UInt64) { now.add(nanoseconds, ordering: .relaxed) }
    func monotonic() -> Instant { Instant(nanoseconds: now.load(ordering: .relaxed)) }
    func wall() -> WallTime { WallTime(milliseconds: 0) }
}
