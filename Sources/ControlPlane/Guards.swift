package import Access
import Contract
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
package import Seams

extension HTTPField.Name {
    static let forwardedFor = Self("X-Forwarded-For")!
}

/// What stands before every route: request ids, errors as clients see them, origins, tokens.
package struct ControlGuards: Sendable {
    package let authenticator: Authenticator
    package let domain: String?
    package let cors: CORSRule
    package let proxies: TrustedProxies
    package let random: any RandomSource
    /// Nil where no request is done once.
    package var once: RequestOnce?
    /// Calls that need no credential, besides those that nobody needs one for.
    package var open: Set<OpenCall> = []

    package init(
        authenticator: Authenticator, domain: String?, cors: CORSRule, proxies: TrustedProxies = .none,
        random: any RandomSource
    ) {
        self.proxies = proxies
        self.authenticator = authenticator
        self.domain = domain
        self.cors = cors
        self.random = random
    }
}

/// Finds out where every request comes from, gives it an id and turns every error into an answer, which listed origins may
/// read. The outermost.
struct ErrorMiddleware: RouterMiddleware {
    let random: any RandomSource
    var proxies = TrustedProxies.none
    var cors = CORSRule.none
    var methods = MethodTable()

    @concurrent func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let id = String(random.next(), radix: 16)
        context.requestID = id
        context.origin = proxies.client(
            peer: context.remoteAddress?.ipAddress ?? "local", forwardedFor: request.headers[values: .forwardedFor])
        var response: Response
        do {
            if let answer = try preflight(request) {
                response = answer
            } else {
                response = try await next(request, context)
            }
        } catch let error as HTTPError where error.status == .notFound {
            response = try nothingThere(request, context)
        } catch let error as HTTPError {
            response = try APIError(
                FailureCode(error.status.code, "bad_request"), error.body ?? "the request cannot be read"
            )
            .response(from: request, context: context)
        } catch {
            let shown = ErrorTable.api(any: error)
            if shown.code == "internal" {
                context.logger.error(
                    "unexpected error",
                    metadata: ["request": "\(id)", "client": "\(context.origin)", "error": "\(error)"])
            }
            response = try shown.response(from: request, context: context)
        }
        response.headers[.init("Rowhouse-Request-ID")!] = id
        if request.method != .options { add(cors.headers(for: request.headers[.origin]), to: &response) }
        return response
    }

    /// - Returns: nil for every other request.
    private func preflight(_ request: Request) throws(AccessError) -> Response? {
        guard request.method == .options, request.headers[.accessControlRequestMethod] != nil else { return nil }
        guard let headers = cors.preflight(for: request.headers[.origin]) else { throw .originRefused(.origin) }
        var response = Response(status: .noContent)
        add(headers, to: &response)
        return response
    }

    private func add(_ headers: [(name: String, value: String)], to response: inout Response) {
        for (name, value) in headers {
            guard let name = HTTPField.Name(name) else { continue }
            response.headers.append(HTTPField(name: name, value: value))
        }
    }

    private func nothingThere(_ request: Request, _ context: ControlContext) throws -> Response {
        let taken = methods.taken(at: request.uri.path)
        guard !taken.isEmpty else {
            return try APIError.notFound("there is nothing at this path").response(from: request, context: context)
        }
        let allowed = taken.joined(separator: ", ")
        var response = try APIError(.methodNotAllowed, "this path takes \(allowed)")
            .response(from: request, context: context)
        response.headers[.allow] = allowed
        return response
    }
}

/// A server without credentials answers only its own machine, and no web page; see `OriginRule`.
struct OriginMiddleware: RouterMiddleware {
    let guards: ControlGuards

    @concurrent func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        try OriginRule.evaluate(
            host: request.head.authority, origin: request.headers[.origin],
            secFetchSite: request.headers[.init("Sec-Fetch-Site")!],
            isForwarded: request.headers.contains { OriginRule.tellsOfProxy($0.name.canonicalName) },
            domain: guards.domain, allowedOrigins: guards.cors,
            credentialsConfigured: guards.authenticator.credentialsConfigured)
        return try await next(request, context)
    }
}

/// Finds out who asks. What they may do is each route's to say.
struct TokenMiddleware: RouterMiddleware {
    let guards: ControlGuards

    @concurrent func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.once = guards.once
        if guards.isOpen(to: request) { return try await next(request, context) }
        context.credential = try await guards.authenticator.credential(
            of: request.headers[.authorization], from: context.origin)
        return try await next(request, context)
    }
}

extension Authenticator {
    /// Who sends this, waiting for the catalog where it must be asked.
    func credential(of authorization: String?, from origin: String) async throws(AccessError) -> Credential {
        do throws(AccessError) {
            return try authenticate(authorization: authorization, from: origin)
        } catch .sessionUnread {
            return try await readSession(authorization: authorization, from: origin)
        }
    }
}

/// What an operator may open to everybody.
package enum OpenCall: String, Sendable {
    case signIn = "/v1/sessions"
    case signUp = "/v1/signups"
}

extension ControlGuards {
    /// A credential that is shown is judged all the same.
    fileprivate func isOpen(to request: Request) -> Bool {
        guard request.method == .post, request.headers[.authorization] == nil,
            let call = OpenCall(rawValue: request.uri.path)
        else { return false }
        return open.contains(call)
    }
}
