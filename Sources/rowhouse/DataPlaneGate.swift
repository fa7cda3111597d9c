import DataPlane
import NIOCore
import NIOHTTP1
import Synchronization

/// The data plane's place at the door: closed while the node recovers, then the real one, for good.
final class DataPlaneGate: DoorService, DoorRules {
    struct Opened: Sendable {
        let rules: any DoorRules
        let service: any DoorService
    }

    private let opened = Mutex<Opened?>(nil)

    func open(_ rules: any DoorRules, _ service: any DoorService) {
        opened.withLock { $0 = Opened(rules: rules, service: service) }
    }

    private var current: Opened? { opened.withLock { $0 } }

    func classify(_ head: HTTPRequestHead) -> DoorVerdict {
        if let current { return current.rules.classify(head) }
        // Probes are the control plane's; everything else waits for the node.
        let path = head.uri.prefix { $0 != "?" }
        if ["/healthz", "/readyz", "/version"].contains(path) || path.hasPrefix("/v1/") { return .tail }
        return .refuse(.rule(status: 503, code: "recovering", message: "The node is starting; see /readyz."))
    }

    func body(of refusal: DoorRefusal, for head: HTTPRequestHead?, id: RequestNumber) -> RefusalBody {
        if let current { return current.rules.body(of: refusal, for: head, id: id) }
        return .control(refusal, id)
    }

    func handle(batch: [DoorRequest]) { current?.service.handle(batch: batch) }
    func cancelled(_ request: DoorRequest) { current?.service.cancelled(request) }
}
