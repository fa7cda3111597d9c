import Catalog
import Residents
import Routing
import SQLiteKit
import Seams
import Synchronization
import Tenants
import Vocabulary

/// How a node answers a request that another part of the cluster, or a client, brings to it.
enum Answer: Sendable {
    case done(bookmark: Bookmark, value: Int64)
    /// 421
    case notOwner(NotOwner)
    /// 503: nothing of it was executed.
    case busy
    /// 504
    case unknown(String)
    case failed(String)
}

extension Node.Process {
    /// Serves a stamped request as a data plane does: judges it, takes the tenant up, parks it, runs it.
    func serve(_ stamp: RequestStamp, writes: Bool, _ sql: String, rows: TenantRows) async -> Answer {
        while true {
            switch OwnerCheck.evaluate(stamp, holding: book.holding(stamp.tenant)) {
            case .refuse(let refusal): return .notOwner(refusal)
            case .readRow:
                if let answer = await takeUp(stamp, rows) { return answer }
            case .park:
                if let answer = await wait(stamp, sql) { return answer }
            case .serveReads where writes:
                if let answer = await wait(stamp, sql) { return answer }
            case .serve, .serveReads:
                if let answer = await run(stamp, sql, writes: writes) { return answer }
            }
        }
    }

    private func takeUp(_ stamp: RequestStamp, _ rows: TenantRows) async -> Answer? {
        guard let row = try? await rows.find(stamp.tenant) else { return .busy }
        switch OwnerCheck.evaluate(stamp, row: row, on: residents.node) {
        case .refuse(let refusal): return .notOwner(refusal)
        case .takeUp(let row):
            do throws(ResidentsError) {
                _ = try await residents.takeUp(row)
                return nil
            } catch {
                switch error {
                case .elsewhere(let refusal): return .notOwner(refusal)
                case .engine(.damaged(_, let reason)): return .failed(reason)
                default: return .busy
                }
            }
        }
    }

    private func wait(_ stamp: RequestStamp, _ sql: String) async -> Answer? {
        let end: ParkedRequests.End? = await withCheckedContinuation { continuation in
            switch parked.park(stamp.tenant, bytes: sql.utf8.count, then: { continuation.resume(returning: $0) }) {
            case .parked: break
            case .full: continuation.resume(returning: .expired)
            case .over: continuation.resume(returning: nil)
            }
        }
        switch end {
        case nil, .serveHere?: return nil
        case .sendOn(let refusal)?: return .notOwner(refusal)
        case .expired?: return .busy
        }
    }

    private func run(_ stamp: RequestStamp, _ sql: String, writes: Bool) async -> Answer? {
        let hasBegun = Flag()
        do {
            let (bookmark, value) = try await engine.perform(on: stamp.tenant) { database in
                let stream = database.temporaryStream(principal: 1)
                let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
                let running = try session.start(sql)
                hasBegun.raise()
                var value: Int64 = 0
                while try running.step() { value = running.statement.integer(0) }
                _ = running.finish()
                return (database.bookmark, value)
            }
            return .done(bookmark: bookmark, value: value)
        } catch TenantsError.moving, TenantsError.notFound {
            // Parked or gone by now: judged again.
            try? await sleeping(1_000_000)
            return nil
        } catch TenantsError.damaged(_, let reason) {
            return .failed(reason)
        } catch let error as TenantsError {
            return hasBegun.isUp && writes ? .unknown("\(error)") : .busy
        } catch {
            return .failed("\(error)")
        }
    }
}

final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isUp: Bool { value.load(ordering: .acquiring) }
    func raise() { value.store(true, ordering: .releasing) }
}

/// A client behind a router that remembers where the tenant is, learns from refusals, and repeats what was not executed.
struct Client: Sendable {
    let cluster: Cluster
    let row: TenantRow
    let log: Log
    /// Asks the catalog before every request, so that it knows of a new owner before the old one does.
    var isEager = false

    /// Writes one row; every outcome is noted.
    func write(_ id: Int64, deadline: Instant) async {
        log.began(id)
        switch await send(
            "INSERT INTO t(id, v) VALUES (\(id), '\(String(repeating: "x", count: 200))')", true, deadline)
        {
        case .done(let bookmark, _): log.acknowledged(id, bookmark)
        case .unknown: log.unknown(id)
        case .failed(let why): log.failed("write \(id): \(why)")
        case .notOwner, .busy: log.failed("write \(id): never served")
        }
    }

    /// Reads; must see every write that was acknowledged before it began.
    func read(deadline: Instant) async {
        let expected = log.acknowledgedCount
        switch await send("SELECT count(*) FROM t", false, deadline) {
        case .done(_, let value): if value < expected { log.failed("a stale read: \(value) of \(expected)") }
        case .failed(let why): log.failed("read: \(why)")
        case .unknown: break
        case .notOwner, .busy: log.failed("read: never served")
        }
    }

    private func send(_ sql: String, _ writes: Bool, _ deadline: Instant) async -> Answer {
        var placement = log.route ?? row.placement
        if isEager { placement = await look() ?? placement }
        while SystemTime().monotonic() < deadline {
            let stamp = RequestStamp(tenant: row.id, key: row.key, epoch: placement.epoch)
            guard let process = cluster.node(placement.owner).current else {
                try? await sleeping(5_000_000)
                placement = await look() ?? placement
                continue
            }
            let answer = await process.serve(stamp, writes: writes, sql, rows: TenantRows(cluster.store))
            switch answer {
            case .notOwner, .busy:
                try? await sleeping(2_000_000)
                placement = await look() ?? placement
                log.learn(placement)
            case .failed where cluster.node(placement.owner).current?.number != process.number:
                // The last words of a dying process reach nobody.
                return .unknown("died")
            case .done, .unknown, .failed: return answer
            }
        }
        return .busy
    }

    private func look() async -> Placement? { try? await PlacementRows(cluster.store).find(row.id) }
}

/// What clients were told.
final class Log: Sendable {
    private struct State {
        var begun: Set<Int64> = []
        var acknowledged: [Int64: Bookmark] = [:]
        var unknown: Set<Int64> = []
        var failures: [String] = []
        var route: Placement?
    }

    private let state = Mutex(State())

    func began(_ id: Int64) { state.withLock { _ = $0.begun.insert(id) } }
    func acknowledged(_ id: Int64, _ bookmark: Bookmark) { state.withLock { $0.acknowledged[id] = bookmark } }
    func unknown(_ id: Int64) { state.withLock { _ = $0.unknown.insert(id) } }
    func failed(_ why: String) { state.withLock { $0.failures.append(why) } }
    func learn(_ placement: Placement) {
        state.withLock { if placement.epoch >= $0.route?.epoch ?? .first { $0.route = placement } }
    }

    var route: Placement? { state.withLock { $0.route } }
    var acknowledgedCount: Int64 { state.withLock { Int64($0.acknowledged.count) } }
    var failures: [String] { state.withLock { $0.failures } }
    var unknownCount: Int { state.withLock { $0.unknown.count } }
    var acknowledged: [Int64: Bookmark] { state.withLock { $0.acknowledged } }
    var begun: Set<Int64> { state.withLock { $0.begun } }
}
