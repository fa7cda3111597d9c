import Access
import Cluster
import NIOCore
import Routing
import Vocabulary

/// Relaying on one event loop: its peers and what is under way.
// Unchecked: everything but the constants is touched on `eventLoop` only.
final class RelayLoop: @unchecked Sendable {
    /// Times that one request is sent to an owner: the second after the first has said that it is not.
    static let tries: UInt8 = 2

    let eventLoop: any EventLoop
    let client: RelayClient
    var limits: RelayLimits { client.limits }
    private var peers: [NodeAddress: RelayPeer] = [:]
    private var exchanges: [ObjectIdentifier: RelayExchange] = [:]
    private var sweeper: RepeatedTask?
    private var isStopped = false

    init(eventLoop: any EventLoop, client: RelayClient) {
        self.eventLoop = eventLoop
        self.client = client
    }

    func relay(_ request: DoorRequest, _ stamp: RelayStamp, to owner: NodeID) {
        // Its client left while the way was looked for.
        guard !request.isCancelled else { return }
        guard request.relayTries < Self.tries else { return RelayRefusals.answer(request, .moving) }
        guard !isStopped, let address = client.addresses.address(of: owner) else {
            return RelayRefusals.answer(request, .unreachable)
        }
        request.relayTries += 1
        client.counters.note(.relayed)
        let exchange = RelayExchange(request, stamp: stamp, owner: owner, peer: peer(at: address), loop: self)
        exchanges[ObjectIdentifier(request)] = exchange
        startSweeping()
        exchange.start()
    }

    /// The owner has said that it is none, and that nothing was executed.
    func misdirected(_ request: DoorRequest, _ stamp: RelayStamp, _ refusal: NotOwner) {
        client.counters.note(.misdirected)
        let next = RelayRedirect.decide(refusal, believed: stamp.request, node: client.node)
        switch next {
        case .learn(let owner, let epoch), .home(let owner, let epoch):
            client.cache.learn(owner: owner, epoch: epoch, of: stamp.request.tenant)
        case .ask: client.cache.invalidate(stamp.request.tenant)
        }
        if case .learn(let owner, let epoch) = next, client.addresses.address(of: owner) != nil {
            var stamp = stamp
            stamp.request.epoch = epoch
            relay(request, stamp, to: owner)
        } else {
            client.handBack(request)
        }
    }

    /// The client of this request is gone.
    func cancelled(_ request: DoorRequest) { exchanges[ObjectIdentifier(request)]?.abandon() }

    func ended(_ exchange: RelayExchange) {
        let id = ObjectIdentifier(exchange.request)
        if exchanges[id] === exchange { exchanges[id] = nil }
    }

    private func peer(at address: NodeAddress) -> RelayPeer {
        if let peer = peers[address] { return peer }
        let peer = RelayPeer(address, loop: self)
        peers[address] = peer
        return peer
    }

    /// Idle connections end now, the others with their exchange; nothing new is sent.
    func stop() {
        isStopped = true
        for peer in peers.values { peer.closeIdle() }
    }

    private func startSweeping() {
        guard sweeper == nil else { return }
        let period = limits.sweep
        sweeper = eventLoop.scheduleRepeatedTask(initialDelay: period, delay: period) { [weak self] _ in self?.sweep() }
    }

    private func sweep() {
        let now = eventLoop.now
        for exchange in Array(exchanges.values) { exchange.sweep(now: now) }
        for peer in peers.values { peer.sweep(now: now) }
        peers = peers.filter { !$0.value.isUnused }
        guard peers.isEmpty, exchanges.isEmpty else { return }
        sweeper?.cancel()
        sweeper = nil
    }
}

/// What an answer 421 leads to. Pure.
enum RelayRedirect: Equatable {
    /// Another node, which is to be asked under that epoch.
    case learn(NodeID, Epoch)
    /// This node.
    case home(NodeID, Epoch)
    /// Nobody knows: the catalog does.
    case ask

    static func decide(_ refusal: NotOwner, believed: RequestStamp, node: NodeID) -> RelayRedirect {
        // One that knows less than we do has nothing to teach.
        guard let owner = refusal.owner, let epoch = refusal.epoch, epoch > believed.epoch else { return .ask }
        return owner == node ? .home(owner, epoch) : .learn(owner, epoch)
    }
}
