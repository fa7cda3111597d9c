package import Access
import Cluster
import NIOCore
package import Routing
import Synchronization
import Tenants
package import Vocabulary

/// Requests of tenants that live elsewhere, or are just on their way there: those are sent on, these wait for the end of
/// the cutover, as long as their clients do.
package final class ParkingRelay: Relay {
    private let client: RelayClient
    private let parked: ParkedRequests
    private let service = Mutex<HranaService?>(nil)

    package init(client: RelayClient, parked: ParkedRequests) {
        self.client = client
        self.parked = parked
    }

    /// The service is made with its relay, so it comes after.
    package func serve(with service: HranaService) {
        self.service.withLock { $0 = service }
        client.giveBack { request in service.resume(request) }
    }

    package func relay(_ request: DoorRequest, to route: Route, as authority: Authority) {
        client.relay(request, to: route, as: authority)
    }

    package var metrics: RelayMetrics { client.metrics }

    package func cancelled(_ request: DoorRequest) { client.cancelled(request) }

    package func hold(_ request: DoorRequest, of tenant: TenantID) -> Bool {
        guard let service = service.withLock({ $0 }), request.mayBeHeld() else { return false }
        let place = ParkedPlace(parked)
        // Before it has the place: whoever takes the request up again may set a canceller of his own right away.
        request.onCancel(place)
        let answer = parked.park(tenant, bytes: request.heldBytes) { end in
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
        case .parked(let number):
            place.take(number)
            return true
        case .full: return false
        case .over:
            service.resume(request)
            return true
        }
    }
}

/// A request's place among those that wait: given up when its client leaves.
private final class ParkedPlace: DoorCanceller {
    private let parked: ParkedRequests
    private let state = Mutex<(number: UInt64?, isLeft: Bool)>((nil, false))

    init(_ parked: ParkedRequests) { self.parked = parked }

    func take(_ number: UInt64) {
        let isLeft = state.withLock { state in
            state.number = number
            return state.isLeft
        }
        if isLeft { parked.leave(number) }
    }

    func cancel() {
        let number = state.withLock { state in
            state.isLeft = true
            return state.number
        }
        if let number { parked.leave(number) }
    }
}
