import Access
package import Cluster
package import NIOHTTP1
import Routing
import Vocabulary

/// Requests that another node has relayed: judged by the cluster's signature instead of a token, and never relayed again.
extension HranaService {
    /// - Returns: false for a client's own request; any other is served, or refused.
    func takesRelayed(_ request: DoorRequest) throws(TransportError) -> Bool {
        guard let relayed = settings.relayed else { return false }
        switch relayed.judge(request.head, body: request.upload == nil ? request.body : nil) {
        case .direct: return false
        case .relayed(let stamp): try serve(request, stamp)
        case .refused(let verdict): RelayRefusals.answer(request, verdict)
        }
        return true
    }

    func serve(_ request: DoorRequest, _ stamp: RelayStamp) throws(TransportError) {
        let admission = try HranaAdmission(relayed: stamp, request.head, RequestHeaders(request.head), settings)
        let place = settings.directory.lookUp(stamp.request)
        if case .unknown = place { return try wait(request, admission) }
        try proceed(request, admission, place)
    }

    func proceed(
        _ request: DoorRequest, _ admission: HranaAdmission, _ place: StampedPlace
    ) throws(TransportError) {
        guard let stamp = admission.stamp else { preconditionFailure("only relayed requests have a stamped place") }
        switch place {
        case .here(let route): try start(request, admission, route, stamp.authority)
        case .refuse(let refusal): RelayRefusals.answer(request, refusal)
        case .failed(let error): throw error
        case .unknown: throw .catalogUnavailable
        }
    }
}

extension RelayStamp {
    /// Of a request that was judged genuine before; nil for a client's own.
    package init?(heldIn head: HTTPRequestHead) {
        guard let stamp = head.headers.first(name: InternalHeaders.stamp),
            let authority = head.headers.first(name: InternalHeaders.authority)
        else { return nil }
        self.init(stamp: stamp, authority: authority)
    }
}
