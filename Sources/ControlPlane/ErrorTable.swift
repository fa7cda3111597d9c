package import Access
package import Catalog
import HTTPTypes
package import Residents
import Seams
package import Tenants
import Vocabulary

/// The one table from the rooms' errors to what clients see. Nothing internal leaks: texts are the rooms' own.
package enum ErrorTable {
    package static func api(_ error: AccessError) -> APIError {
        switch error {
        case .tokenMissing, .tokenInvalid, .tokenExpired: APIError(.unauthorized, error.code, error.description)
        case .forbidden, .originRefused: APIError(.forbidden, error.code, error.description)
        case .tenantRequired, .tenantConflict, .keyInvalid: APIError(.badRequest, error.code, error.description)
        case .rateLimited(let seconds):
            APIError(.tooManyRequests, error.code, error.description, retryAfter: seconds)
        }
    }

    package static func api(_ error: CatalogError) -> APIError {
        switch error {
        case .outcomeUnknown:
            APIError(
                .gatewayTimeout, "outcome_unknown", "the catalog did not answer in time: look before you repeat it")
        case .unavailable, .newerSchema, .olderSchema, .damaged, .regressed, .otherCatalog, .otherDirectory:
            APIError(.serviceUnavailable, "catalog_unavailable", error.description, retryAfter: 1)
        case .guardFailed, .conflict:
            APIError(.conflict, "version_conflict", "somebody changed it at the same time; read it again and repeat")
        case .refused: APIError(.badRequest, "bad_request", "the catalog cannot take this: a value is too large")
        }
    }

    package static func api(_ error: TenantsError) -> APIError {
        switch error {
        case .busy, .shuttingDown, .clientLeft: APIError(.serviceUnavailable, "busy", error.description, retryAfter: 1)
        case .moving: APIError(.serviceUnavailable, "moving", error.description, retryAfter: 1)
        case .notFound: APIError(.notFound, "tenant_not_found", error.description)
        case .alreadyExists: APIError(.conflict, "tenant_exists", error.description)
        case .damaged, .storage: APIError(.serviceUnavailable, "tenant_damaged", error.description, retryAfter: 60)
        case .diskFull:
            APIError(
                HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), "disk_full", error.description)
        case .deadlineExceeded: APIError(.gatewayTimeout, "deadline_exceeded", error.description)
        case .outcomeUnknown: APIError(.gatewayTimeout, "outcome_unknown", error.description)
        case .templateInvalid: APIError(.badRequest, "config_invalid", error.description)
        }
    }

    package static func api(_ error: ResidentsError) -> APIError {
        switch error {
        case .notFound: APIError(.notFound, "tenant_not_found", "there is no such tenant")
        case .deleted:
            APIError(
                .notFound, "tenant_not_found",
                "the tenant was deleted; undelete it with POST /v1/tenants/{key}/undelete")
        case .elsewhere:
            APIError(
                .serviceUnavailable, "moving", "the tenant has just moved to another node; try again", retryAfter: 1)
        case .catalog(let error): api(error)
        case .engine(let error): api(error)
        case .schemaUnknown(let name):
            APIError(.badRequest, "config_invalid", "no schema named \(name) is configured on the tenant's node")
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
        default: APIError(.internalServerError, "internal", "an unexpected error; its request ID is in the log")
        }
    }
}
