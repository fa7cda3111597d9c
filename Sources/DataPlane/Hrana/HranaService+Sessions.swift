import Access
import Routing
import Vocabulary

/// Users' sessions: what is remembered of them is enough for nearly every request; the others are read first, on a task of their
/// own.
extension HranaService {
    func admit(_ request: DoorRequest, _ unread: UnreadSession) async {
        guard !request.isCancelled else { return }
        do throws(TransportError) {
            let known = try await read(unread)
            try admit(request, RequestHeaders(request.head), from: unread.address ?? "", as: known)
        } catch {
            refuse(request, error)
        }
    }

    func route(_ lookUp: LookUp, _ unread: UnreadSession) async {
        guard !lookUp.request.isCancelled else { return }
        do throws(TransportError) {
            let known = try await read(unread)
            do throws(AccessError) {
                try (lookUp.request.errand as? SocketErrand)?.note(known)
            } catch {
                throw TransportError(error)
            }
            let admission = HranaAdmission(lookUp.admission.endpoint, known, asIn: lookUp.admission)
            try route(lookUp.request, admission)
        } catch {
            refuse(lookUp.request, error)
        }
    }

    func read(_ unread: UnreadSession) async throws(TransportError) -> Credential {
        do throws(AccessError) {
            return try await settings.authenticator.readSession(
                authorization: unread.authorization, from: unread.address)
        } catch {
            throw TransportError(error)
        }
    }

    /// Has a session read that nobody waits for now; the next look finds what came of it.
    func refresh(_ unread: UnreadSession) { try? enqueue(.refresh(unread)) }

    /// The one tenant that a session reaches, from memory: under the key that it had when the session was read, if that is still its.
    func routeToSole(_ request: DoorRequest, _ admission: HranaAdmission) throws(TransportError) -> Bool {
        guard let sole = admission.credential?.session?.sole else { return false }
        let found = settings.directory.lookUp(sole.key)
        switch found {
        case .here(let route), .elsewhere(let route): guard route.tenant == sole.tenant else { return false }
        default: return false
        }
        try proceed(request, admission, sole.key, found)
        return true
    }
}
