import DataPlane
import NIOCore
import NIOHTTP1
import Synchronization

/// The data plane's place at the door: closed while the node recovers, open from then on.
final class DataPlaneGate: DoorService, DoorRules {
    private let rules: any DoorRules
    private let service = Mutex<(any DoorService)?>(nil)

    /// - Parameter rules: hold from the beginning: what is refused early is refused as it will be later.
    init(_ rules: any DoorRules) { self.rules = rules }

    func open(_ service: any DoorService) { self.service.withLock { $0 = service } }

    private var current: (any DoorService)? { service.withLock { $0 } }

    func classify(_ head: HTTPRequestHead) -> DoorVerdict {
        let verdict = rules.classify(head)
        switch verdict {
        case .dataPlane, .upload: break
        case .tail, .refuse: return verdict
        }
        guard current == nil else { return verdict }
        return .refuse(.rule(status: 503, code: "recovering", message: "The node is starting; see /readyz."))
    }

    func body(of refusal: DoorRefusal, for head: HTTPRequestHead?, id: RequestNumber) -> RefusalBody {
        rules.body(of: refusal, for: head, id: id)
    }

    func handle(batch: [DoorRequest]) { current?.handle(batch: batch) }
    func cancelled(_ request: DoorRequest) { current?.cancelled(request) }
}
