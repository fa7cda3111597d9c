import Access
import AsyncHTTPClient
import Cluster
import DataPlane
import NIOCore
import NIOHTTP1
import NIOPosix
import Routing
import Seams
import Vocabulary

@testable import Catalog

/// Two nodes' worth of keys, and a router whose every request is for one tenant elsewhere.
struct RelayWorld: Sendable {
    static let tenant = TenantID(0xABCD)
    static let key = try! TenantKey("acme ü/1")
    static let authority = Authority(principal: 0xFEED_0000_0000_0001, level: .write)
    static let router = NodeID("n1")!
    static let owner = NodeID("n2")!
    static let third = NodeID("n3")!

    let group: MultiThreadedEventLoopGroup
    let client: HTTPClient
    let peers: PeerClient
    private let peerClient: HTTPClient
    let relay: RelayClient
    let cache = PlacementCache()
    let addresses = AddressBook()
    /// Requests that the relay gave back.
    let returned = Log<DoorRequest>()
    static let clusterKey = try! ClusterKey(Array("a key for tests, long enough for it".utf8))

    private init(_ limits: RelayLimits, loops: Int) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        client = HTTPClient(eventLoopGroupProvider: .shared(group))
        peerClient = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: PeerClient.configuration())
        let signer = ClusterSigner(key: Self.clusterKey, time: SystemTime(), random: SystemRandom())
        peers = PeerClient(client: peerClient, signer: signer)
        relay = RelayClient(
            node: Self.router, signer: signer, cache: cache, addresses: addresses, limits: limits)
        relay.giveBack { [returned] request in
            returned.add(request)
            request.respond(.ok, body: ByteBuffer(string: "served here"))
        }
    }

    static func run(
        _ limits: RelayLimits = .quick, loops: Int = 2, _ body: @escaping @Sendable (RelayWorld) async throws -> Void
    ) async throws {
        let world = RelayWorld(limits, loops: loops)
        do {
            try await body(world)
        } catch {
            try await world.end()
            throw error
        }
        try await world.end()
    }

    private func end() async throws {
        relay.stop()
        try await client.shutdown()
        try await peerClient.shutdown()
        try await group.shutdownGracefully()
    }

    /// The node that is asked.
    func router(
        owner: NodeID = RelayWorld.owner, epoch: Epoch = Epoch(5),
        _ body: @escaping @Sendable (TestDoor) async throws -> Void
    ) async throws {
        let relay = relay
        let service = TestService(onCancel: { relay.cancelled($0) }) { request in
            relay.relay(request, to: Self.route(owner: owner, epoch: epoch), as: Self.authority)
        }
        try await TestDoor.open(service, group: group, body)
    }

    /// A node that judges what comes as an owner does.
    func owner(
        _ node: NodeID = RelayWorld.owner, key: ClusterKey = RelayWorld.clusterKey, cancelled: Tally = Tally(),
        _ serve: @escaping @Sendable (DoorRequest, RelayStamp) -> Void,
        _ body: @escaping @Sendable (TestDoor) async throws -> Void
    ) async throws {
        let admission = RelayAdmission(verifier: ClusterVerifier(key: key, time: SystemTime()), node: node)
        let service = TestService(onCancel: { _ in cancelled.add() }) { request in
            switch admission.judge(request.head, body: request.body) {
            case .direct: request.respond(.ok, body: ByteBuffer(string: "direct"))
            case .relayed(let stamp): serve(request, stamp)
            case .refused(let verdict): RelayRefusals.answer(request, verdict)
            }
        }
        try await TestDoor.open(service, group: group) { door in
            know([node: door.address])
            try await body(door)
        }
    }

    /// An owner and a router.
    func pair(
        cancelled: Tally = Tally(), _ serve: @escaping @Sendable (DoorRequest, RelayStamp) -> Void,
        _ body: @escaping @Sendable (TestDoor) async throws -> Void
    ) async throws {
        try await owner(cancelled: cancelled, serve) { _ in try await router(body) }
    }

    func know(_ more: [NodeID: String]) {
        var all: [NodeID: String] = [:]
        for node in [Self.router, Self.owner, Self.third] {
            if let address = addresses.address(of: node) { all[node] = "\(address)" }
        }
        addresses.replace(all.merging(more) { $1 })
    }

    static func route(owner: NodeID, epoch: Epoch) -> Route {
        Route(
            TenantRow(
                id: tenant, key: key, schema: "default", state: .ready, stateBefore: nil, durability: "local",
                labels: [:],
                quotas: [:], pin: nil, created: WallTime(milliseconds: 0), used: nil, deleted: nil, renamed: nil,
                revision: 1, bytes: 0, txid: TxID(0),
                placement: Placement(tenant: tenant, owner: owner, epoch: epoch, version: 1)))
    }

    /// Calls of a node that has this key.
    func peers(_ key: ClusterKey) -> PeerClient {
        PeerClient(client: peerClient, signer: ClusterSigner(key: key, time: SystemTime(), random: SystemRandom()))
    }

    // MARK: Asking

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: String
    }

    func ask(
        _ door: TestDoor, _ path: String = "/t/acme/v3/pipeline", method: HTTPMethod = .POST, body: String? = "{}",
        headers: [(String, String)] = []
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: door.address + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await client.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 64 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
    }
}

extension RelayLimits {
    /// The defaults, with sweeps often enough for tests.
    static var quick: RelayLimits {
        var limits = RelayLimits()
        limits.sweep = .milliseconds(20)
        return limits
    }

    func with(_ change: (inout RelayLimits) -> Void) -> RelayLimits {
        var copy = self
        change(&copy)
        return copy
    }
}
