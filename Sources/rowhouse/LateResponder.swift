import ControlPlane
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Synchronization

/// The control plane from the first moment on: probes while the node recovers, everything once it is ready.
final class LateResponder: HTTPResponder {
    typealias Context = ControlContext
    private let current: Mutex<any HTTPResponder<ControlContext>>

    init(early: any HTTPResponder<ControlContext>) { current = Mutex(early) }

    func replace(_ responder: any HTTPResponder<ControlContext>) { current.withLock { $0 = responder } }

    @concurrent func respond(to request: Request, context: ControlContext) async throws -> Response {
        let responder = current.withLock { $0 }
        return try await responder.respond(to: request, context: context)
    }
}
