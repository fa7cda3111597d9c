package import Access
package import Hrana
package import Tenants

/// A request's failure as a whole: its HTTP status, its stable code, and the form in which clients of the protocol read it.
///
/// The table of this room: whatever goes wrong below becomes one of these here and nowhere else. Failures of statements are
/// `StatementFailure`.
package struct TransportError: Error, Hashable, Sendable {
    package enum Form: Hashable, Sendable {
        /// The message alone, as `text/plain`: how the protocol reports its own violations.
        case plain
        /// `{"message", "code"}`: the protocol's error object.
        case protocolError
        /// The same and `error`, for clients that look there.
        case full
    }

    package let status: Int
    /// In capitals; stable.
    package let code: String
    /// For people. Never tells what is inside another's tenant or on the node.
    package let message: String
    package let form: Form
    package let retryAfterSeconds: Int?
    /// Methods that the path takes.
    package private(set) var allow: String?

    package init(
        _ status: Int, _ code: String, _ message: String, form: Form = .full, retryAfterSeconds: Int? = nil
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.form = form
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// With these the content type is exact: clients compare the whole header.
    package var contentType: String { form == .plain ? "text/plain" : "application/json" }
}

// MARK: batons and streams

extension TransportError {
    package static let batonInvalid = TransportError(
        400, "BATON_INVALID", "The baton is invalid: its stream is closed, or it was given to somebody else",
        form: .plain)
    package static let batonUsed = TransportError(
        400, "BATON_USED", "The baton was already used: each request has to send the newest one", form: .plain)
    package static let streamExpired = TransportError(
        400, HranaErrorCode.streamExpired, "The stream has expired, and what was not committed was rolled back",
        form: .protocolError)

    package init(_ error: StreamError) {
        switch error {
        case .invalid: self = .batonInvalid
        case .alreadyUsed: self = .batonUsed
        case .expired: self = .streamExpired
        case .tooMany:
            self = TransportError(
                429, "TOO_MANY_STREAMS", "Too many streams are in use on this tenant; close those that are done",
                retryAfterSeconds: 1)
        }
    }
}

// MARK: the protocol

extension TransportError {
    package init(_ error: HranaDecodingError) {
        self = TransportError(400, "BAD_REQUEST", error.message, form: .plain)
    }

    init(_ fault: ProtocolFault) {
        self = TransportError(400, "BAD_REQUEST", fault.description, form: .plain)
    }
}

// MARK: the engine

extension TransportError {
    /// Nothing was executed.
    package static let deadlineExceeded = TransportError(
        504, "DEADLINE_EXCEEDED", "The deadline passed before the request was served; nothing of it was executed")
    /// Something may have been executed, and it is not known whether it lasts.
    package static let outcomeUnknown = TransportError(
        504, "OUTCOME_UNKNOWN", "The request may have taken effect; look before you repeat it")
    package static let bookmarkMismatch = TransportError(
        412, "BOOKMARK_MISMATCH", "The tenant is older here than the bookmark says; it was restored or replaced")
    /// The caller may only read and the program wants to write.
    package static let writeForbidden = TransportError(
        403, "FORBIDDEN",
        "Writing is not allowed, by the token or by the tenant's state; the stream is closed, what was open rolled back"
    )

    /// Nothing of the request was executed.
    package init(_ error: TenantsError) {
        switch error {
        case .busy:
            self = .init(503, "BUSY", "The tenant or the node is at its limit; try again shortly", retryAfterSeconds: 1)
        case .notFound: self = .tenantNotFound
        case .damaged:
            self = .init(503, "TENANT_DAMAGED", "The tenant's file is damaged and must be repaired by an operator")
        case .moving:
            self = .init(503, "MOVING", "The tenant is moving to another node; try again shortly", retryAfterSeconds: 1)
        case .diskFull:
            self = .init(507, "DISK_FULL", "The node's disk is full; reading and deleting still work")
        case .shuttingDown:
            self = .init(503, "BUSY", "The node is shutting down; try again shortly", retryAfterSeconds: 1)
        case .deadlineExceeded: self = .deadlineExceeded
        case .outcomeUnknown: self = .outcomeUnknown
        // Nobody hears it.
        case .clientLeft, .alreadyExists, .templateInvalid, .storage: self = .internalError
        }
    }

    static let internalError = TransportError(
        500, "INTERNAL_ERROR", "The node could not serve the request; its log says why")
}

// MARK: at the door

extension TransportError {
    package static let tenantNotFound = TransportError(404, "TENANT_NOT_FOUND", "There is no such tenant")
    package static let tenantDeleted = TransportError(
        409, "TENANT_DELETED", "The tenant was deleted and can still be brought back: undelete it, or purge it first")
    package static func keyHeld(seconds: Int) -> TransportError {
        TransportError(
            409, "KEY_HELD", "The key was another tenant's a short while ago, and nodes may remember where it led",
            retryAfterSeconds: seconds)
    }
    package static func tooManyTenants(seconds: Int) -> TransportError {
        TransportError(
            429, "RATE_LIMITED", "Too many tenants are being made, or the node has as many as it may",
            retryAfterSeconds: seconds)
    }
    package static let pathNotFound = TransportError(404, "NOT_FOUND", "There is no such path")
    static func wrongMethod(allowed: String) -> TransportError {
        var error = TransportError(405, "METHOD_NOT_ALLOWED", "This path takes \(allowed)")
        error.allow = allowed
        return error
    }
    package static let tenantBlocked = TransportError(403, "FORBIDDEN", "The tenant is blocked by an operator")
    package static let catalogUnavailable = TransportError(
        503, "CATALOG_UNAVAILABLE", "Where the tenant is cannot be found out now; try again shortly",
        retryAfterSeconds: 1)
    package static let idempotencyNotPossible = TransportError(
        400, "IDEMPOTENCY_NOT_POSSIBLE",
        "Under an Idempotency-Key there can be a query, v1/execute, v1/batch, or a pipeline without a baton that closes its stream and commits at most once; nothing was done"
    )
    static let claimExpired = TransportError(
        409, "CLAIM_EXPIRED", "A claim's reservation has expired or was released; nothing was done. Reserve anew")
    /// - Parameter why: what a statement failed with.
    static func claimedWriteFailed(_ why: String) -> TransportError {
        TransportError(
            400, "SQL_ERROR", "A statement failed, and what carries claims is done whole: nothing was done (\(why))")
    }
    /// Made up, or another tenant's.
    static let claimUnknown = TransportError.badHeader(
        "Rowhouse-Claim", "tokens that reservations for this tenant gave; nothing was done")
    static let tooManyClaims = TransportError(
        409, "TOO_MANY_CLAIMS", "The tenant holds as many claims' tokens as it may; nothing was done. Release some")
    static let idempotencyMismatch = TransportError(
        422, "IDEMPOTENCY_MISMATCH", "The Idempotency-Key was used before for another request; use a new one")
    static let answerNotKept = TransportError(
        400, "IDEMPOTENCY_NOT_POSSIBLE",
        "The answer is too long to be kept under its Idempotency-Key; nothing was done. Ask for less, or without the key"
    )

    package static func badHeader(_ name: String, _ expected: String) -> TransportError {
        TransportError(400, "BAD_REQUEST", "The header \(name) must be \(expected)")
    }

    /// Never told to a client: the session is read, and then it is another answer.
    static let sessionUnread = TransportError(.sessionUnread)

    package init(_ error: AccessError) {
        let status: Int
        var retryAfter: Int?
        switch error {
        case .tokenMissing, .tokenInvalid, .tokenExpired: status = 401
        case .forbidden, .originRefused: status = 403
        case .tenantRequired, .tenantConflict, .keyInvalid: status = 400
        case .sessionUnread, .catalogUnavailable:
            status = 503
            retryAfter = 1
        case .rateLimited(let seconds):
            status = 429
            retryAfter = seconds
        }
        let code = error == .sessionUnread ? "SESSION_UNREAD" : error.code.uppercased()
        self = TransportError(status, code, error.description, retryAfterSeconds: retryAfter)
    }
}

extension JSONWriter {
    mutating func transportError(_ error: TransportError) {
        switch error.form {
        case .plain: bytes.append(error.message)
        case .protocolError: self.error(HranaError(error.message, code: error.code))
        case .full: transportError(message: error.message, code: error.code)
        }
    }
}
