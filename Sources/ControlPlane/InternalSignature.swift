import Access
import Catalog
import Cluster
import Contract
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Lets in only what another node of the cluster has signed. To everybody else there is nothing at these paths.
struct InternalSignature: RouterMiddleware {
    /// Bytes of a call's body.
    static let wholeBytes = 16 << 20

    let verifier: ClusterVerifier
    let bodies: InternalBodies

    @concurrent func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        // Whoever has no good signature, which covers the body's digest, shall not make us gather the body.
        let covered = SignedRequest(
            method: request.method.rawValue, path: request.uri.string, body: .sha256(try digest(request)))
        let verdict = verifier.verify(covered, signature: request.headers[.init(InternalHeaders.signature)!])
        guard verdict == .genuine else {
            log(verdict, context)
            throw Self.refusal(verdict)
        }
        return try await bodies.holding(Self.length(of: request)) {
            var request = request
            let buffer = try await Self.gather(&request)
            // Else it was changed on its way.
            guard .of(Array(buffer.readableBytesView)) == covered.body else { throw HTTPError(.notFound) }
            guard let author = InternalAuthor.read(request) else { return try await next(request, context) }
            return try await AuditAuthor.$current.withValue(author) { try await next(request, context) }
        }
    }

    private func digest(_ request: Request) throws -> [UInt8] {
        guard let text = request.headers[.init(InternalHeaders.digest)!], let digest = Base64URL.decode(text.utf8),
            digest.count == 32
        else { throw HTTPError(.notFound) }
        return digest
    }

    /// What the body will hold in memory; as much as it may where its head does not say.
    private static func length(of request: Request) -> Int {
        guard let text = request.headers[.contentLength], let length = Int(text), length >= 0 else {
            return wholeBytes
        }
        return min(length, wholeBytes)
    }

    private static func gather(_ request: inout Request) async throws -> ByteBuffer {
        do {
            return try await request.collectBody(upTo: wholeBytes)
        } catch is NIOTooManyBytesError {
            throw HTTPError(.notFound)
        }
    }

    /// To the street there is nothing here. Whoever has the key and comes at a bad time may come again.
    private static func refusal(_ verdict: ClusterVerifier.Verdict) -> any Error {
        switch verdict {
        case .tooMany, .forgotten:
            APIError(
                .busy, "the node cannot tell this call from an earlier one; try again",
                retryAfter: 1)
        case .genuine, .missing, .malformed, .forged, .outsideWindow, .replayed: HTTPError(.notFound)
        }
    }

    private func log(_ verdict: ClusterVerifier.Verdict, _ context: ControlContext) {
        let level: Logger.Level
        switch verdict {
        case .genuine, .missing, .malformed, .forged: level = .debug
        // Most likely a node of ours, which an operator must mend.
        case .outsideWindow, .replayed, .forgotten, .tooMany: level = .warning
        }
        context.logger.log(
            level: level, "a call from \(context.origin) was refused", metadata: ["verdict": "\(verdict)"])
    }
}
