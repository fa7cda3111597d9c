import Catalog
import Seams
import Synchronization
import Testing
import Vocabulary

@testable import Routing

@Suite struct ChangeFollowerTests {
    private func positions(_ changes: [Int: UInt64]) -> [UInt64] {
        (0..<ChangeLog.buckets).map { changes[$0] ?? 0 }
    }

    private func change(_ seq: UInt64) -> CatalogChange {
        CatalogChange(seq: seq, tenant: TenantID(700), key: key("a"), kind: .tenant)
    }

    @Test func `the first look takes the position over`() {
        var follower = ChangeFollower()
        let (events, readings) = follower.compare(positions([3: 9]))
        #expect(events == [.forgetAll] && readings.isEmpty)
        let (none, nothing) = follower.compare(positions([3: 9]))
        #expect(none.isEmpty && nothing.isEmpty)
    }

    @Test func `what moved is read on from where it stood`() {
        var follower = ChangeFollower()
        _ = follower.compare(positions([3: 9]))
        let (events, readings) = follower.compare(positions([3: 11, 5: 1]))
        #expect(events.isEmpty)
        #expect(readings == [.init(bucket: 3, after: 9, upTo: 11), .init(bucket: 5, after: 0, upTo: 1)])
        #expect(
            follower.received([change(10), change(11)], for: readings[0]) == [
                .changed(change(10)), .changed(change(11)),
            ])
        // The other was not answered: it is read again.
        #expect(follower.compare(positions([3: 11, 5: 1])).readings == [readings[1]])
    }

    @Test func `gaps, trimmed entries, counters that went back or far ahead are forgotten whole`() {
        var follower = ChangeFollower()
        _ = follower.compare(positions([3: 9, 4: 9]))
        let readings = follower.compare(positions([3: 12, 4: 12])).readings
        #expect(follower.received([change(11), change(12)], for: readings[0]) == [.forget(bucket: 3)])
        #expect(follower.received([], for: readings[1]) == [.forget(bucket: 4)])
        #expect(follower.compare(positions([3: 12, 4: 12])).readings.isEmpty)
        #expect(follower.compare(positions([3: 2, 4: 1_000_000])).events == [.forget(bucket: 3), .forget(bucket: 4)])
        #expect(follower.compare(positions([3: 2, 4: 1_000_000])).events.isEmpty)
    }

    @Test func `a router that polls sees renames, moves and creations`() async throws {
        let fixture = try await RoutingFixture()
        let events = Mutex<[ChangeEvent]>([])
        let poller = ChangePoller(fixture.log, time: fixture.time, sleep: { _ in throw CancellationError() }) { event in
            fixture.cache.apply(event)
            events.withLock { $0.append(event) }
        }
        var follower = ChangeFollower()
        #expect(poller.lastHeard == nil)
        _ = try await poller.poll(&follower)
        let a = try await fixture.make("a")
        #expect(try await fixture.resolver.resolve(key("b")) == nil)
        #expect(try await fixture.resolver.resolve(key("a"))?.tenant == a.id)
        _ = try await fixture.tenants.rename(a.id, to: key("b"), at: .hours(0))
        #expect(try await fixture.resolver.resolve(key("a"))?.tenant == a.id)
        #expect(try await poller.poll(&follower))
        #expect(try await fixture.resolver.resolve(key("a")) == nil)
        #expect(try await fixture.resolver.resolve(key("b"))?.tenant == a.id)
        #expect(events.withLock { $0.count } == 4)
        await poller.run()
        #expect(poller.lastHeard == fixture.time.monotonic())
    }
}
