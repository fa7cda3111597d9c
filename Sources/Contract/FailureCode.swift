/// A stable code of the HTTP API, with the status that it comes with.
///
/// Codes are never renamed and never given another meaning; new ones may come.
package struct FailureCode: Hashable, Sendable {
    package let status: Int
    /// In small letters; the protocol of libSQL clients has the same in capitals.
    package let name: String
    /// What it means, for the document.
    package let meaning: String

    package init(_ status: Int, _ name: String, _ meaning: String = "") {
        self.status = status
        self.name = name
        self.meaning = meaning
    }

    // One code is one thing, whatever is said of it.
    package static func == (a: FailureCode, b: FailureCode) -> Bool { a.status == b.status && a.name == b.name }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(status)
        hasher.combine(name)
    }
}

// MARK: What was sent

extension FailureCode {
    package static let badRequest = FailureCode(
        400, "bad_request", "The request cannot be understood; the message says where.")
    package static let keyInvalid = FailureCode(400, "key_invalid", "The key is not one that a tenant can have.")
    package static let emailInvalid = FailureCode(400, "email_invalid", "The email is not one that a user can have.")
    package static let passwordInvalid = FailureCode(400, "password_invalid", "The password is too short or too long.")
    package static let tenantRequired = FailureCode(400, "tenant_required", "Nothing in the request names a tenant.")
    package static let tenantConflict = FailureCode(400, "tenant_conflict", "The request names two different tenants.")
    package static let idempotencyNotPossible = FailureCode(
        400, "idempotency_not_possible", "This request cannot be done once under an Idempotency-Key; nothing was done.")
    package static let durabilityUnavailable = FailureCode(
        400, "durability_unavailable", "The node does not offer this durability.")
    package static let configInvalid = FailureCode(
        400, "config_invalid", "The node's configuration does not have what the request needs.")
    package static let sqlError = FailureCode(
        400, "sql_error", "A statement failed; `sqlite` and `statement` say how and which.")
    package static let streamExpired = FailureCode(
        400, "stream_expired", "The stream has expired, and what was not committed was rolled back.")
    package static let methodNotAllowed = FailureCode(
        405, "method_not_allowed", "The path takes other methods; see the header `Allow`.")
    package static let requestTimeout = FailureCode(408, "request_timeout", "The request did not arrive in time.")
    package static let bodyTooLarge = FailureCode(413, "body_too_large", "The body is larger than the node accepts.")
    package static let resultTooLarge = FailureCode(
        413, "result_too_large", "The answer would be too large; ask for less.")
    package static let transactionTooLarge = FailureCode(
        413, "transaction_too_large", "The transaction changes more than a transaction may; it was undone.")
    package static let idempotencyMismatch = FailureCode(
        422, "idempotency_mismatch", "The Idempotency-Key was used before for another request.")
    package static let snapshotInvalid = FailureCode(
        400, "snapshot_invalid", "The file is no SQLite database, or one of a format that nobody knows.")
    package static let snapshotDamaged = FailureCode(
        422, "snapshot_damaged", "The file is not whole, or contradicts itself; the tenant is as it was.")
    package static let snapshotRefused = FailureCode(
        422, "snapshot_refused", "The file holds what no tenant may have; the tenant is as it was.")
    package static let pushInvalid = FailureCode(
        400, "push_invalid", "The frames are not what the protocol sends; the message says where.")
    package static let pushRefused = FailureCode(
        422, "push_refused", "With the frames the tenant would be damaged, or hold what none may; it is as it was.")
    package static let headTooLarge = FailureCode(431, "head_too_large", "The headers are too many or too long.")
}

// MARK: Who asks

extension FailureCode {
    package static let tokenMissing = FailureCode(401, "token_missing", "The call needs a token.")
    package static let tokenInvalid = FailureCode(
        401, "token_invalid", "The token is none of this service's, or was revoked.")
    package static let tokenExpired = FailureCode(401, "token_expired", "The token's time is over.")
    package static let credentialsInvalid = FailureCode(
        401, "credentials_invalid", "No user has this email and this password; which of the two is wrong is not said.")
    package static let forbidden = FailureCode(403, "forbidden", "The credential does not reach so far.")
    package static let originRefused = FailureCode(
        403, "origin_refused", "Without credentials a node answers its own machine only, and no web page.")
    package static let rateLimited = FailureCode(429, "rate_limited", "Too often; wait as long as `Retry-After` says.")
}

// MARK: What it is about

extension FailureCode {
    package static let tenantNotFound = FailureCode(404, "tenant_not_found", "There is no such tenant.")
    package static let notFound = FailureCode(404, "not_found", "There is no such thing, or nothing at this path.")
    package static let emailTaken = FailureCode(409, "email_taken", "A user has this email already.")
    package static let emailPending = FailureCode(
        409, "email_pending", "A sign-up with this email is under way; wait as long as `Retry-After` says.")
    package static let tooManyMemberships = FailureCode(
        409, "too_many_memberships", "The user is a member of as many tenants as it may.")
    package static let tenantExists = FailureCode(409, "tenant_exists", "A tenant has this key already.")
    package static let tenantDeleted = FailureCode(
        409, "tenant_deleted", "The tenant is deleted; it can still be undeleted or purged.")
    package static let keyHeld = FailureCode(
        409, "key_held", "The key was freed a short while ago and is kept from other tenants yet.")
    package static let versionConflict = FailureCode(
        409, "version_conflict", "Somebody changed it at the same time; read it again.")
    package static let idempotencyInProgress = FailureCode(
        409, "idempotency_in_progress", "The request under this Idempotency-Key is being done; ask again.")
    package static let flagVersionMissing = FailureCode(
        409, "flag_version_missing", "The flag has no such earlier version any more.")
    package static let tooManyFlags = FailureCode(409, "too_many_flags", "There are as many flags as there may be.")
    package static let claimTaken = FailureCode(409, "claim_taken", "The value is somebody else's.")
    package static let claimExpired = FailureCode(
        409, "claim_expired", "The reservation has expired or was released; nothing was done.")
    package static let claimNotWritten = FailureCode(
        409, "claim_not_written", "The tenant holds no write that carried the claim's token.")
    package static let tooManyClaims = FailureCode(
        409, "too_many_claims", "The tenant has as many claims as it may have.")
    package static let keyInUse = FailureCode(
        409, "key_in_use", "No other key signs yet; make one, and wait until every node knows it.")
    package static let tooManyKeys = FailureCode(
        409, "too_many_keys",
        "There are as many signing keys as there may be; remove one that has signed nothing valid.")
    package static let moveInProgress = FailureCode(409, "move_in_progress", "The tenant is being moved.")
    package static let moveCommitted = FailureCode(409, "move_committed", "The move cannot be undone any more.")
    package static let alreadyThere = FailureCode(409, "already_there", "The tenant is on that node already.")
    package static let holdsCatalog = FailureCode(
        409, "holds_catalog", "The catalog is on that node: it cannot be emptied.")
    package static let planExpired = FailureCode(409, "plan_expired", "The plan is too old to be carried out.")
    package static let nodeAlone = FailureCode(409, "node_alone", "The node stands alone: nothing moves.")
    package static let replicaOutOfDate = FailureCode(
        409, "replica_out_of_date", "The tenant's replicas begin with a newer generation by now; ask which.")
    package static let pushNotOffered = FailureCode(
        409, "push_not_offered", "Writes that were made offline are not taken by this node.")
    package static let replicaUnknown = FailureCode(
        410, "replica_unknown", "The replica comes with what was never given to it; it must begin anew.")
    package static let bookmarkMismatch = FailureCode(
        412, "bookmark_mismatch", "The tenant is not at that bookmark, or older than it.")
    package static let tooManyStreams = FailureCode(
        429, "too_many_streams", "Too many streams are in use on this tenant.")
}

// MARK: What the service can do now

extension FailureCode {
    package static let internalError = FailureCode(
        500, "internal", "A fault of the service; its log has the request's id.")
    package static let busy = FailureCode(503, "busy", "At a limit, starting or stopping; nothing was done, try again.")
    package static let recovering = FailureCode(503, "recovering", "The node is starting; see `/readyz`.")
    package static let catalogUnavailable = FailureCode(503, "catalog_unavailable", "The catalog cannot be asked now.")
    package static let tenantDamaged = FailureCode(
        503, "tenant_damaged", "The tenant's file is damaged; an operator must repair it.")
    package static let moving = FailureCode(
        503, "moving", "The tenant is moving to another node; nothing was done, try again.")
    package static let outcomeUnknown = FailureCode(
        504, "outcome_unknown", "It may have been done or not: look before you repeat it.")
    package static let deadlineExceeded = FailureCode(
        504, "deadline_exceeded", "The request's time was over; what it did is undone.")
    package static let diskFull = FailureCode(
        507, "disk_full", "The node's disk is full; reading and deleting still work.")
    package static let quotaExceeded = FailureCode(507, "quota_exceeded", "The tenant is as large as it may be.")
    package static let temporaryFull = FailureCode(
        507, "temporary_full", "The statement needs more temporary space than it may have.")
}

extension FailureCode {
    /// Every code there is, by status.
    package static let all: [FailureCode] = [
        .badRequest, .keyInvalid, .emailInvalid, .passwordInvalid, .tenantRequired, .tenantConflict,
        .idempotencyNotPossible, .durabilityUnavailable,
        .configInvalid, .sqlError, .streamExpired, .snapshotInvalid, .pushInvalid, .tokenMissing, .tokenInvalid,
        .tokenExpired, .credentialsInvalid,
        .forbidden, .emailTaken, .emailPending, .tooManyMemberships,
        .originRefused, .tenantNotFound, .notFound, .methodNotAllowed, .requestTimeout, .tenantExists, .tenantDeleted,
        .idempotencyInProgress, .flagVersionMissing, .tooManyFlags, .keyInUse, .tooManyKeys,
        .claimTaken, .claimExpired, .claimNotWritten, .tooManyClaims,
        .keyHeld, .versionConflict, .moveInProgress, .moveCommitted, .alreadyThere, .holdsCatalog, .planExpired,
        .nodeAlone,
        .replicaOutOfDate,
        .pushNotOffered, .replicaUnknown, .bookmarkMismatch,
        .bodyTooLarge, .resultTooLarge, .transactionTooLarge, .idempotencyMismatch, .snapshotDamaged, .snapshotRefused,
        .pushRefused,
        .rateLimited, .tooManyStreams,
        .headTooLarge, .internalError, .busy, .recovering, .catalogUnavailable, .tenantDamaged, .moving,
        .outcomeUnknown,
        .deadlineExceeded, .diskFull, .quotaExceeded, .temporaryFull,
    ]
}
