import Access
import DataPlane
import NIOCore
import NIOHTTP1
import Routing
import Seams
import Synchronization
import Tenants
import Vocabulary

@testable import Catalog
@testable import Membership

/// The whole data plane on a port of its own: door, service, engine.
struct HranaDoor: Sendable {
    let door: Door
    let house: HranaHouse
    let service: HranaService
    let directory: FixtureDirectory
    let relay: FixtureRelay
    let seen: Seen

    static func open(
        house: HranaHouse? = nil, authenticator: Authenticator? = nil, limits: DoorLimits = .quick,
        _ adjust: (inout HranaSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (HranaDoor) async throws -> Void
    ) async throws {
        let house = if let house { house } else { try await HranaHouse() }
        let right = ServingRight()
        right.grant(until: .distantFuture)
        let open = Authenticator(
            admins: .none, verifier: TokenVerifier(keys: SigningKeys(), time: SystemTime()),
            throttle: AuthThrottle(time: SystemTime()))
        let directory = FixtureDirectory()
        let relay = FixtureRelay()
        var settings = HranaSettings(
            engine: house.engine, directory: directory, authenticator: authenticator ?? open, context: house.context,
            right: right, time: SystemTime(), random: SystemRandom())
        settings.relay = relay
        adjust(&settings)
        let service = HranaService(settings)
        let seen = Seen(service)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await service.run() }
            try await Door.open(seen, limits: limits) { door in
                try await body(
                    HranaDoor(
                        door: door, house: house, service: service, directory: directory, relay: relay, seen: seen))
            }
            tasks.cancelAll()
        }
        try house.stop()
    }

    /// One request on a connection of its own.
    func ask(_ text: String) async throws -> Client.Answer {
        let client = try await door.connect()
        defer { client.channel.close(promise: nil) }
        return try await client.ask(text)
    }

    static func pipeline(_ sql: String, baton: String? = nil) -> String {
        let baton = baton.map { "\"\($0)\"" } ?? "null"
        return "{\"baton\":\(baton),\"requests\":[\(HranaHouse.execute(sql))]}"
    }

    static func cursor(_ sql: String) -> String {
        #"{"batch":{"steps":[{"stmt":{"sql":\#(HranaHouse.quoted(sql))}}]}}"#
    }
}

/// Hands everything on, and remembers the requests without holding them.
final class Seen: DoorService {
    private struct Weak { weak var request: DoorRequest? }
    private let service: HranaService
    private let requests = Mutex<[Weak]>([])

    init(_ service: HranaService) { self.service = service }

    /// Requests that somebody still holds.
    var alive: Int { requests.withLock { $0.count { $0.request != nil } } }

    func handle(batch: [DoorRequest]) {
        requests.withLock { $0 += batch.map(Weak.init) }
        service.handle(batch: batch)
    }

    func cancelled(_ request: DoorRequest) { service.cancelled(request) }
}

/// `acme` is here at once; `slow` only when it is looked for; `far` is elsewhere; nobody else is.
final class FixtureDirectory: TenantDirectory {
    let state = Mutex<TenantRow.State>(.ready)

    func lookUp(_ key: TenantKey) -> Whereabouts {
        switch key.string {
        case "acme": .here(route(key, HranaHouse.tenant, "n1"))
        case "gone": .here(route(key, TenantID(4711), "n1"))
        case "far": .elsewhere(route(key, TenantID(3000), "n2"))
        case "slow", "broken": .unknown
        default: .absent
        }
    }

    func find(_ key: TenantKey) async -> Whereabouts {
        if key.string == "broken" { return .failed(.catalogUnavailable) }
        return key.string == "slow" ? .here(route(key, HranaHouse.tenant, "n1")) : lookUp(key)
    }

    /// Nothing is relayed to this node.
    func lookUp(_ stamp: RequestStamp) -> StampedPlace { .refuse(NotOwner(owner: nil, epoch: nil)) }
    func find(_ stamp: RequestStamp) async -> StampedPlace { lookUp(stamp) }

    func key(of id: TenantID) async throws(TransportError) -> TenantKey? {
        do { return id == HranaHouse.tenant ? try TenantKey("acme") : nil } catch { throw .catalogUnavailable }
    }

    private func route(_ key: TenantKey, _ id: TenantID, _ node: String) -> Route {
        Route(
            TenantRow(
                id: id, key: key, schema: "default", state: state.withLock { $0 }, durability: "local", labels: [:],
                quotas: [:], created: WallTime(milliseconds: 1_000), revision: 1, bytes: 0, txid: .none,
                placement: Placement(tenant: id, owner: NodeID(node)!, epoch: .first, version: 1)))
    }
}

/// Says what it was asked to forward; holds what is to be held until told to give it back.
final class FixtureRelay: Relay {
    let held = Mutex<[DoorRequest]>([])
    let holds = Atomic<Bool>(false)

    func relay(_ request: DoorRequest, to route: Route, as authority: Authority) {
        request.respond(
            .ok, headers: [("content-type", "text/plain")],
            body: ByteBuffer(string: "\(route.placement.owner) \(authority.level.name)"))
    }

    func hold(_ request: DoorRequest, of tenant: TenantID) -> Bool {
        guard holds.load(ordering: .relaxed) else { return false }
        held.withLock { $0.append(request) }
        return true
    }
}
