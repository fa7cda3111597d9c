package import Contract
package import HTTPTypes
package import Hummingbird
import NIOCore
import Vocabulary

/// An error as clients of the control plane see it: a status, a stable code, and words that say what to do.
package struct APIError: HTTPResponseError, Sendable {
    package let failure: FailureCode
    package let message: String
    /// Seconds, for answers that are worth asking again.
    package let retryAfter: Int?

    package var status: HTTPResponse.Status { HTTPResponse.Status(code: failure.status) }
    package var statusCode: Int { failure.status }
    package var code: String { failure.name }

    package init(_ failure: FailureCode, _ message: String, retryAfter: Int? = nil) {
        self.failure = failure
        self.message = message
        self.retryAfter = retryAfter
    }

    package func response(from request: Request, context: some RequestContext) throws -> Response {
        try response(requestID: (context as? ControlContext)?.requestID ?? "")
    }

    func response(requestID: String) throws -> Response {
        let body = ErrorBody(error: .init(code: code, message: message, requestID: requestID))
        var headers: HTTPFields = [.contentType: "application/json"]
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: try JSONText.encode(body)))
    }
}

private struct ErrorBody: Encodable {
    struct Error: Encodable {
        let code: String
        let message: String
        let requestID: String
    }
    let error: Error
}

extension APIError {
    static func notFound(_ what: String) -> APIError { APIError(.notFound, what) }
    static func keyHeld(_ key: TenantKey, until: WallTime) -> APIError {
        APIError(
            .keyHeld,
            """
            the key \(key) was given up by another tenant, by a rename or a purge, and is kept free until \
            \(TimeText.rfc3339(until)): nodes may remember where it led (tenants.key-hold)
            """)
    }
    static func badRequest(_ what: String) -> APIError { APIError(.badRequest, what) }
    static func tenantNotFound(_ key: String) -> APIError {
        APIError(.tenantNotFound, "there is no tenant with that key; create it with POST /v1/tenants")
    }
}
