import Access
import Cluster
import DataPlane
import NIOCore
import Routing
import Synchronization
import Tenants
import Vocabulary

/// Requests of tenants that live elsewhere, or are just on their way there.
final class NodeRelay: Relay {
    private let client: RelayClient
    private let parked: ParkedRequests
    private let service = Mutex<HranaService?>(nil)

    init(client: RelayClient, parked: ParkedRequests) {
        self.client = client
        self.parked = parked
    }

    /// The service is made with its relay, so it comes after.
    func serve(with service: HranaService) {
        self.service.withLock { $0 = service }
        client.giveBack { request in service.resume(request) }
    }

    func relay(_ request: DoorRequest, to route: Route, as authority: Authority) {
        client.relay(request, to: route, as: authority)
    }

    var metrics: RelayMetrics { client.metrics }

    func cancelled(_ request: DoorRequest) { client.cancelled(request) }

    func hold(_ request: DoorRequest, of tenant: TenantID) -> Bool {
        guard let service = service.withLock({ $0 }), request.mayBeHeld() else { return false }
        let answer = parked.park(tenant, bytes: request.body.readableBytes) { end in
            switch end {
            case .serveHere: service.resume(request)
            case .sendOn(let refusal):
                // A forwarded request goes back to its router: it is never forwarded twice.
                if RelayStamp(heldIn: request.head) != nil {
                    RelayRefusals.answer(request, refusal)
                } else {
                    service.resume(request)
                }
            case .expired: service.refuse(request, TransportError(.moving(tenant)))
            }
        }
        switch answer {
        case .parked: return true
        case .full: return false
        case .over:
            service.resume(request)
            return true
        }
    }
}
