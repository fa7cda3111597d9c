import Access
import Cluster
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Lets in only what another node of the cluster has signed. To everybody else there is nothing at these paths.
struct InternalSignature: RouterMiddleware {
    enum Body {
        /// Gathered and covered by the signature. Bytes.
        case whole(upTo: Int)
        /// Comes in while the route runs; the signature covers the rest of the request.
        case streamed
    }

    static let wholeBytes = 16 << 20

    let verifier: ClusterVerifier
    let body: Body

    @concurrent func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        // Whoever has no signature at all shall not make us gather a body.
        guard let signature = request.headers[.init(InternalHeaders.signature)!] else { throw HTTPError(.notFound) }
        var request = request
        let covered = try await cover(&request)
        let verdict = verifier.verify(
            SignedRequest(method: request.method.rawValue, path: request.uri.string, body: covered),
            signature: signature)
        guard verdict == .genuine else {
            log(verdict, context)
            throw HTTPError(.notFound)
        }
        return try await next(request, context)
    }

    private func cover(_ request: inout Request) async throws -> SignedRequest.Body {
        guard case .whole(let limit) = body else { return .streamed }
        do {
            let buffer = try await request.collectBody(upTo: limit)
            return .of(Array(buffer.readableBytesView))
        } catch is NIOTooManyBytesError {
            throw HTTPError(.notFound)
        }
    }

    private func log(_ verdict: ClusterVerifier.Verdict, _ context: ControlContext) {
        let level: Logger.Level
        switch verdict {
        case .genuine, .missing, .malformed, .forged: level = .debug
        // Most likely a node of ours, which an operator must mend.
        case .outsideWindow, .replayed, .tooMany: level = .warning
        }
        context.logger.log(
            level: level, "a call from \(context.origin) was refused", metadata: ["verdict": "\(verdict)"])
    }
}
