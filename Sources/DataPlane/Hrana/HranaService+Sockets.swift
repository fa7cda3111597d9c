import Access
import Catalog
import NIOCore
import NIOHTTP1
import Routing

/// WebSockets, and what comes on them.
extension HranaService {
    /// The tenant is looked up, and the right to it asked for, with the hello: it may bring the token.
    func openSocket(
        _ request: DoorRequest, _ admission: HranaAdmission, _ headers: RequestHeaders, from address: String,
        as known: Credential?
    ) throws(TransportError) {
        let handshake = try SocketHandshake(request.head)
        guard request.body.readableBytes == 0 else { throw .socketRefused("A request for a WebSocket has no body") }
        if known == nil, let authorization = headers.authorization {
            do throws(AccessError) {
                _ = try settings.authenticator.authenticate(authorization: authorization, from: address)
            } catch {
                throw TransportError(error)
            }
        }
        let socket = HranaSocket(self, handshake, admission, authorization: headers.authorization, from: address)
        request.accept(SocketAcceptance(guest: socket, subprotocol: handshake.subprotocol))
    }

    /// Runs what came on a WebSocket, or says that it may be used.
    func start(
        _ request: DoorRequest, _ errand: SocketErrand, _ route: Route, _ authority: Authority
    ) throws(TransportError) {
        if route.state == .blocked { throw .tenantBlocked }
        guard let program = errand.program else {
            guard errand.place?.take(route.tenant) ?? true else { throw .tooManySockets }
            return respond(request, HranaAnswer(), ByteBuffer())
        }
        try start(request, errand.admission, route, errand.authority(authority), program)
    }
}

extension TransportError {
    static let tooManySockets = TransportError(
        429, "TOO_MANY_SOCKETS", "The tenant has as many WebSockets on this node as it may; close some, or use HTTP",
        retryAfterSeconds: 5)
}
