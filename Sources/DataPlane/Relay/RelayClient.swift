package import Access
package import Cluster
import Crypto
import NIOCore
import NIOHTTP1
package import Routing
import Synchronization
package import Vocabulary

/// Takes requests whose tenants live elsewhere to their owners, over connections that are kept open for each event loop and
/// peer. A request stays on its own event loop all the way.
package final class RelayClient: Relay {
    let limits: RelayLimits
    let node: NodeID
    let cache: PlacementCache
    let addresses: AddressBook
    let counters = RelayCounters()
    private let signer: ClusterSigner
    private let loops = Mutex<[ObjectIdentifier: RelayLoop]>([:])
    private let back = Mutex<(@Sendable (DoorRequest) -> Void)?>(nil)

    /// - Parameters:
    ///   - node: this one.
    ///   - cache: learns from owners that are none any more.
    package init(
        node: NodeID, signer: ClusterSigner, cache: PlacementCache, addresses: AddressBook,
        limits: RelayLimits = RelayLimits()
    ) {
        self.node = node
        self.signer = signer
        self.cache = cache
        self.addresses = addresses
        self.limits = limits
    }

    /// To whom a request is given back whose tenant has come to this node meanwhile, or of which nobody knows where it is:
    /// its tenant is to be looked up again, in the catalog where need be. Nothing of it was executed.
    package func giveBack(to taker: @escaping @Sendable (DoorRequest) -> Void) { back.withLock { $0 = taker } }

    package func relay(_ request: DoorRequest, to route: Route, as authority: Authority) {
        let placement = route.placement
        let stamp = RelayStamp(
            request: RequestStamp(tenant: route.tenant, key: route.key, epoch: placement.epoch), authority: authority)
        let loop = loop(of: request)
        if loop.eventLoop.inEventLoop {
            loop.relay(request, stamp, to: placement.owner)
        } else {
            loop.eventLoop.execute { loop.relay(request, stamp, to: placement.owner) }
        }
    }

    /// The client of a request is gone: what was relayed of it is cut off. On its event loop; for a request that was not
    /// relayed it does nothing.
    package func cancelled(_ request: DoorRequest) {
        guard request.relayTries > 0 else { return }
        loop(of: request).cancelled(request)
    }

    /// Nothing is relayed from now on; what is under way ends in its own time.
    package func stop() {
        for loop in loops.withLock({ Array($0.values) }) { loop.eventLoop.execute { loop.stop() } }
    }

    package var metrics: RelayMetrics { counters.metrics }

    private func loop(of request: DoorRequest) -> RelayLoop {
        let eventLoop = request.mailbox.eventLoop
        return loops.withLock { loops in
            if let loop = loops[ObjectIdentifier(eventLoop)] { return loop }
            let loop = RelayLoop(eventLoop: eventLoop, client: self)
            loops[ObjectIdentifier(eventLoop)] = loop
            return loop
        }
    }

    func handBack(_ request: DoorRequest) {
        guard request.relayTries < RelayLoop.tries, let taker = back.withLock({ $0 }) else {
            return RelayRefusals.answer(request, .moving)
        }
        taker(request)
    }

    /// The signed head of a request.
    func write(
        _ head: HTTPRequestHead, body: ByteBuffer, _ framing: RelayFraming, to owner: NodeID, at address: NodeAddress,
        stamp: RelayStamp, into buffer: inout ByteBuffer
    ) {
        let texts = stamp.texts
        let signature = signer.sign(
            RelaySignature.covered(head, body: framing.isWhole ? body : nil, texts, for: owner))
        RelayHead.write(head, framing, to: address, stamp: texts, signature: signature, into: &buffer)
    }
}
