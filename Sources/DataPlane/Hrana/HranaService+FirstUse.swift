import Access
import Hrana
import NIOCore
import Vocabulary

/// Tenants that the first request which writes makes, where their schema says so.
extension HranaService {
    /// Sees to a request for a tenant that is not there, if it may make it.
    ///
    /// - Returns: false if it does not: there is no such tenant then.
    /// - Throws: what the client is told.
    func isFirstUse(
        _ request: DoorRequest, _ admission: HranaAdmission, _ key: TenantKey, _ authority: Authority
    ) throws(TransportError) -> Bool {
        guard authority.mayWrite, settings.directory.isMadeOnFirstUse(key) else { return false }
        if let errand = request.errand as? SocketErrand, errand.program == nil {
            // A connection that writes later will make it; one that reads is told in its answers.
            respond(request, HranaAnswer(), ByteBuffer())
            return true
        }
        guard try meansToWrite(request, admission) else { return false }
        let user = FirstUser(
            principal: authority.principal, tokenIssuedAt: admission.credential?.grant?.issuedAt,
            author: admission.author(of: request))
        try makeLater(LookUp(request: request, admission: admission), key, user)
        return true
    }

    private func meansToWrite(_ request: DoorRequest, _ admission: HranaAdmission) throws(TransportError) -> Bool {
        if let program = (request.errand as? SocketErrand)?.program { return program.meansToWrite }
        guard admission.endpoint.hasProgram else { return false }
        do throws(HranaDecodingError) {
            let limits = HranaLimits(sqlBytes: settings.context.limits.sqlBytes)
            let program = try HranaProgram(admission.endpoint, request.body, limits)
            // What goes on with a stream had a tenant.
            return program.baton == nil && program.meansToWrite
        } catch {
            throw TransportError(error)
        }
    }

    func makeTenant(_ lookUp: LookUp, _ key: TenantKey, _ user: FirstUser) async {
        guard !lookUp.request.isCancelled else { return }
        let found = await settings.directory.make(key, for: user)
        do throws(TransportError) {
            if case .absent = found { throw .tenantNotFound }
            try proceed(lookUp.request, lookUp.admission, key, found)
        } catch {
            refuse(lookUp.request, error)
        }
    }
}

extension HranaEndpoint {
    fileprivate var hasProgram: Bool {
        switch self {
        case .pipeline, .cursor, .execute, .batch, .query: true
        default: false
        }
    }
}
