package import Access
package import Accounts
package import Catalog
import Contract
import HTTPTypes
package import Residents
import Seams
package import Tenants
import Vocabulary

/// The one table from the rooms' errors to what clients see. Nothing internal leaks: texts are the rooms' own.
package enum ErrorTable {
    package static func api(_ error: AccessError) -> APIError {
        switch error {
        case .tokenMissing: APIError(.tokenMissing, error.description)
        case .tokenInvalid: APIError(.tokenInvalid, error.description)
        case .tokenExpired: APIError(.tokenExpired, error.description)
        case .forbidden: APIError(.forbidden, error.description)
        case .originRefused: APIError(.originRefused, error.description)
        case .tenantRequired: APIError(.tenantRequired, error.description)
        case .tenantConflict: APIError(.tenantConflict, error.description)
        case .keyInvalid: APIError(.keyInvalid, error.description)
        case .rateLimited(let seconds): APIError(.rateLimited, error.description, retryAfter: seconds)
        case .sessionUnread, .catalogUnavailable: APIError(.catalogUnavailable, error.description, retryAfter: 1)
        }
    }

    package static func api(_ error: CatalogError) -> APIError {
        switch error {
        case .outcomeUnknown:
            APIError(
                .outcomeUnknown, "the catalog did not answer in time: look before you repeat it")
        case .unavailable, .newerSchema, .olderSchema, .damaged, .regressed, .otherCatalog, .otherDirectory:
            APIError(.catalogUnavailable, error.description, retryAfter: 1)
        case .guardFailed, .conflict:
            APIError(.versionConflict, "somebody changed it at the same time; read it again and repeat")
        case .refused: APIError(.badRequest, "the catalog cannot take this: a value is too large, or a text holds a NUL character")
        }
    }

    package static func api(_ error: TenantsError) -> APIError {
        switch error {
        case .busy, .shuttingDown, .clientLeft: APIError(.busy, error.description, retryAfter: 1)
        case .moving: APIError(.moving, error.description, retryAfter: 1)
        case .notFound: APIError(.tenantNotFound, error.description)
        case .alreadyExists: APIError(.tenantExists, error.description)
        case .damaged, .storage: APIError(.tenantDamaged, error.description, retryAfter: 60)
        case .diskFull:
            APIError(
                .diskFull, error.description)
        case .deadlineExceeded: APIError(.deadlineExceeded, error.description)
        case .outcomeUnknown: APIError(.outcomeUnknown, error.description)
        case .templateInvalid: APIError(.configInvalid, error.description)
        }
    }

    package static func api(_ error: ResidentsError) -> APIError {
        switch error {
        case .notFound: APIError(.tenantNotFound, "there is no such tenant")
        case .deleted:
            APIError(
                .tenantNotFound,
                "the tenant was deleted; undelete it with POST /v1/tenants/{key}/undelete")
        case .elsewhere:
            APIError(
                .moving, "the tenant has just moved to another node; try again", retryAfter: 1)
        case .catalog(let error): api(error)
        case .engine(let error): api(error)
        case .full:
            APIError(.rateLimited, "the node has as many tenants as it may (limits.tenants)", retryAfter: 60)
        case .schemaUnknown(let name):
            APIError(.configInvalid, "no schema named \(name) is configured on the tenant's node")
        }
    }

    /// Of the server's own statements in a tenant.
    package static func api(_ failure: SQLFailure) -> APIError {
        switch failure {
        case .diskFull, .quotaExceeded, .temporaryFull: APIError(.diskFull, "the tenant has no room for it")
        case .deadlineExceeded: APIError(.deadlineExceeded, "the tenant's writers took too long")
        case .sqlite: APIError(.tenantDamaged, "the tenant's file cannot be written", retryAfter: 60)
        default: APIError(.busy, "the tenant is busy; try again", retryAfter: 1)
        }
    }

    package static func api(_ error: AccountsError) -> APIError {
        switch error {
        case .email(let fault): APIError(.emailInvalid, fault.description)
        case .password(let fault): APIError(.passwordInvalid, fault.description)
        case .credentialsInvalid: APIError(.credentialsInvalid, "no user has this email and this password")
        case .busy(let seconds):
            APIError(.rateLimited, "too many passwords are being checked now", retryAfter: seconds)
        case .rateLimited(let seconds):
            APIError(
                .rateLimited, "too many failed attempts to sign in; try again in \(seconds) s", retryAfter: seconds)
        case .notMember: APIError(.forbidden, "the user is no member of that tenant")
        }
    }

    /// What nobody foresaw is a fault of ours.
    package static func api(any error: any Error) -> APIError {
        switch error {
        case let error as APIError: error
        case let error as AccessError: api(error)
        case let error as CatalogError: api(error)
        case let error as TenantsError: api(error)
        case let error as ResidentsError: api(error)
        case let error as PeerFailure: api(error)
        case let error as SQLFailure: api(error)
        case let error as AccountsError: api(error)
        default: APIError(.internalError, "an unexpected error; its request ID is in the log")
        }
    }
}
