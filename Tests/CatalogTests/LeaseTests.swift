import Catalog
import Membership
import Seams
import Synchronization
import Testing
import Vocabulary

private func nodeRow(_ name: String, incarnation: UInt64 = 1, beat: UInt64, stops: Bool = true) async throws -> NodeRow
{
    let driver = SQLiteCatalogDriver()
    try await CatalogSchema.migrate(driver, dialect: .sqlite, at: .hours(0))
    var row = try await NodeRows(.over(driver)).register(
        .init(id: node(name), address: "", stopsAtDeadline: stops), at: .hours(0))
    row.incarnation = incarnation
    row.beat = beat
    return row
}

@Suite struct LeaseArithmeticTests {
    @Test func `the standard spans`() {
        #expect(LeaseNumbers.standard.holderSpan == 5_440_000_000)
        #expect(LeaseNumbers.standard.observerSpan == 6_560_000_000)
    }

    @Test func `a holder stops before an observer may fence, however far the clocks run apart`() {
        for (ttl, renew, drift, margin) in [
            (6.0, 2.0, 10, 0.5), (1.0, 0.2, 10, 0.1), (60.0, 20.0, 50, 1.0), (6.0, 1.0, 100, 0.1),
        ] as [(Double, Double, UInt64, Double)] {
            let numbers = LeaseNumbers(
                timeToLive: UInt64(ttl * 1e9), renewEvery: UInt64(renew * 1e9), drift: drift,
                margin: UInt64(margin * 1e9))!
            let rho = Double(drift) / 1000
            // The holder's clock is slow, the observer's is fast, both by the whole drift.
            let holderReal = Double(numbers.holderSpan) / (1 - rho)
            let observerReal = Double(numbers.observerSpan) / (1 + rho)
            #expect(holderReal <= observerReal)
        }
    }

    @Test func `every length that can be configured has room for two renewals`() {
        for seconds in [UInt64(2), 3, 6, 300] {
            let span = seconds * 1_000_000_000
            let standard = LeaseNumbers.standard
            #expect(
                LeaseNumbers(timeToLive: span, renewEvery: span / 3, drift: standard.drift, margin: standard.margin)
                    != nil)
        }
    }

    @Test func `numbers without room for two renewals are refused`() {
        #expect(LeaseNumbers(timeToLive: 6_000, renewEvery: 3_000, drift: 10, margin: 500) == nil)
        #expect(LeaseNumbers(timeToLive: 500, renewEvery: 1, drift: 10, margin: 500) == nil)
        #expect(LeaseNumbers(timeToLive: .max, renewEvery: 1, drift: 999, margin: .max) == nil)
        #expect(LeaseNumbers(timeToLive: 6_000, renewEvery: 0, drift: 10, margin: 500) == nil)
    }
}

@Suite struct LeaseHolderTests {
    private let span = LeaseNumbers.standard.holderSpan

    @Test func `the deadline counts from the sending, and never goes back`() {
        var holder = LeaseHolder(.standard, stopsAtDeadline: true)
        #expect(holder.willRenew(stopsAtDeadline: true) == .none)
        let ten = Instant.seconds(10).advanced(byNanoseconds: span)
        #expect(holder.renewed(sent: .seconds(10), stopsAtDeadline: true) == .serve(until: ten))
        // An answer to an earlier renewal that comes late.
        #expect(holder.renewed(sent: .seconds(8), stopsAtDeadline: true) == .serve(until: ten))
    }

    @Test func `without the promise there is no deadline`() {
        var holder = LeaseHolder(.standard, stopsAtDeadline: false)
        #expect(holder.renewed(sent: .seconds(10), stopsAtDeadline: false) == .serve(until: .distantFuture))
    }

    @Test func `a promise binds before it is sent, and ends after it was taken back`() {
        var holder = LeaseHolder(.standard, stopsAtDeadline: false)
        _ = holder.renewed(sent: .seconds(10), stopsAtDeadline: false)
        let bound = LeaseHolder.Action.serve(until: Instant.seconds(10).advanced(byNanoseconds: span))
        #expect(holder.willRenew(stopsAtDeadline: true) == bound)
        _ = holder.renewed(sent: .seconds(12), stopsAtDeadline: true)
        // Sent without it, no answer: it may still stand in the row.
        #expect(holder.willRenew(stopsAtDeadline: false) == .none)
        #expect(holder.renewed(sent: .seconds(14), stopsAtDeadline: false) == .serve(until: .distantFuture))
    }

    @Test func `a refusal stops for good, promise or not`() {
        for stops in [true, false] {
            var holder = LeaseHolder(.standard, stopsAtDeadline: stops)
            _ = holder.renewed(sent: .seconds(10), stopsAtDeadline: stops)
            #expect(holder.refused(.fenced("x")) == .stop(.fenced("x")))
            #expect(holder.renewed(sent: .seconds(11), stopsAtDeadline: stops) == .none)
            #expect(holder.willRenew(stopsAtDeadline: true) == .none)
        }
    }
}

@Suite struct LeaseObserverTests {
    @Test func `only a beat that stood still for the whole span may be fenced`() async throws {
        let row = try await nodeRow("n1", beat: 5)
        var observer = LeaseObserver(.standard)
        #expect(observer.observe([row], at: .seconds(100)) == [])
        #expect(observer.observe([row], at: .seconds(105.4)) == [])
        #expect(observer.observe([row], at: .seconds(105.5)) == [.suspect(row.id)])
        #expect(observer.observe([row], at: .seconds(106.559)) == [.suspect(row.id)])
        let fence = LeaseObserver.Action.mayFence(row.id, incarnation: 1, beat: 5)
        #expect(observer.observe([row], at: .seconds(106.56)) == [fence])
        // It beats again: counting starts anew.
        let alive = try await nodeRow("n1", beat: 6)
        #expect(observer.observe([alive], at: .seconds(107)) == [])
        #expect(observer.observe([alive], at: .seconds(113.5)) == [.suspect(row.id)])
        #expect(observer.observe([alive], at: .seconds(113.56)) == [.mayFence(row.id, incarnation: 1, beat: 6)])
    }

    @Test func `another incarnation, a missing row and an unpromised stop start or keep the count apart`() async throws
    {
        let row = try await nodeRow("n1", beat: 5)
        var observer = LeaseObserver(.standard)
        _ = observer.observe([row], at: .seconds(0))
        let restarted = try await nodeRow("n1", incarnation: 2, beat: 5)
        #expect(observer.observe([restarted], at: .seconds(60)) == [])
        #expect(observer.observe([], at: .seconds(120)) == [])
        #expect(observer.observe([restarted], at: .seconds(180)) == [])
        let free = try await nodeRow("n2", beat: 1, stops: false)
        _ = observer.observe([free], at: .seconds(0))
        #expect(observer.observe([free], at: .seconds(600)) == [.suspect(free.id)])
        var fenced = free
        fenced.state = .fenced
        #expect(observer.observe([fenced], at: .seconds(1200)) == [])
    }
}

@Suite struct ServingRightTests {
    @Test func `it is had only before its deadline, and never again after a refusal`() async throws {
        let cluster = try await LeaseCluster(stops: true)
        #expect(!cluster.right.mayServe(cluster.time.monotonic()))
        let begun = try await cluster.keeper.begin()
        #expect(cluster.right.mayServe(cluster.time.monotonic()))
        cluster.time.advance(seconds: 5.44)
        #expect(!cluster.right.mayServe(cluster.time.monotonic()))
        #expect(!cluster.right.isLost)
        // A renewal that is taken brings it back: nobody else can have it.
        cluster.script.rounds = 1
        #expect(await cluster.keeper.run(begun) { _ in } == .cancelled)
        #expect(cluster.right.mayServe(cluster.time.monotonic()))
        // A clone registers under the same name.
        _ = try await cluster.nodes.register(cluster.registration, at: .hours(0))
        cluster.script.rounds = 1
        #expect(await cluster.keeper.run(begun) { _ in } == .refused(.otherIncarnation(2)))
        #expect(cluster.right.isLost && !cluster.right.mayServe(cluster.time.monotonic()))
    }

    @Test func `an unreachable catalog does not stop a node that promised nothing`() async throws {
        let cluster = try await LeaseCluster(stops: false)
        let begun = try await cluster.keeper.begin()
        for ahead in 0..<40 { cluster.network.plan(.loseRequest, ahead: ahead) }
        cluster.script.rounds = 9
        #expect(await cluster.keeper.run(begun) { _ in } == .cancelled)
        cluster.time.advance(seconds: 3600)
        #expect(cluster.right.mayServe(cluster.time.monotonic()))
    }

    @Test func `a starting node ends its moves before it may serve`() async throws {
        let cluster = try await LeaseCluster(stops: true)
        let old = try await cluster.keeper.begin()
        _ = try await cluster.nodes.register(.init(id: node("n2"), address: ""), at: .hours(0))
        let store = CatalogStore.over(cluster.network, seed: 77)
        let made = try await TenantRows(store).create(.init(key: key("a")), on: node("n1"), at: .hours(0))
        guard case .created(let tenant) = made else { throw ConformanceFailure(what: "\(made)") }
        _ = try await TenantRows(store).markReady(
            tenant.id, by: tenant.placement.owner, epoch: .first, at: .hours(0))
        _ = try await PlacementRows(store).prepare(tenant.id, version: 1, to: node("n2"), move: "m1", at: .hours(0))
        let begun = try await cluster.keeper.begin()
        #expect(begun.node.incarnation == old.node.incarnation + 1)
        #expect(try await PlacementRows(store).find(tenant.id)?.state == .stable)
        try await cluster.keeper.leave(begun)
        #expect(try await cluster.nodes.find(node("n1"))?.state == .fenced)
        #expect(cluster.right.isLost)
    }
}

/// One node, its keeper, and a sleep that ends the loop after so many rounds.
private final class LeaseCluster: Sendable {
    final class Script: Sendable {
        private let left = Mutex(0)
        var rounds: Int {
            get { left.withLock { $0 } }
            set { left.withLock { $0 = newValue } }
        }
        func pass() throws {
            let passes = left.withLock { left in
                defer { left -= 1 }
                return left > 0
            }
            if !passes { throw CancellationError() }
        }
    }

    let network: FaultyDriver
    let nodes: NodeRows
    let time = ManualTime()
    let right = ServingRight()
    let script = Script()
    let registration: NodeRegistration
    let keeper: LeaseKeeper

    init(stops: Bool) async throws {
        network = FaultyDriver(SQLiteCatalogDriver())
        try await CatalogSchema.migrate(network, dialect: .sqlite, at: .hours(0))
        nodes = NodeRows(.over(network, seed: 3))
        registration = NodeRegistration(id: node("n1"), address: "", stopsAtDeadline: stops)
        let script = script
        keeper = LeaseKeeper(
            registration, store: .over(network, seed: 2), numbers: .standard, right: right, time: time,
            sleep: { nanoseconds in
                guard nanoseconds == LeaseNumbers.standard.answerLimit else { return try script.pass() }
                // The limit on one renewal never strikes here.
                while !Task.isCancelled { await Task.yield() }
            })
    }
}
