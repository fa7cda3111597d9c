package import Access
import Contract
import HTTPTypes
package import Hummingbird
package import Movers
import NIOCore
import Rebalancing
import Tenants

/// What a move's source asks of its target, and what the node that an operator has asked asks of the source. To be
/// registered only where the node has a cluster key.
package struct InternalMoves: Sendable {
    private let verifier: ClusterVerifier
    private let bodies: InternalBodies
    private let desk: MoveDesk
    private let arrivals: ArrivalService

    package init(verifier: ClusterVerifier, bodies: InternalBodies, desk: MoveDesk, arrivals: ArrivalService) {
        self.verifier = verifier
        self.bodies = bodies
        self.desk = desk
        self.arrivals = arrivals
    }

    package func register(on router: Router<ControlContext>) {
        let signed = router.group(".rowhouse/moves")
            .add(middleware: InternalSignature(verifier: verifier, bodies: bodies))
        signed.post(use: begin)
        signed.post(":id/cancel", use: cancel)
        signed.post(":id/position", use: position)
        signed.post(":id/hint", use: hint)
        signed.put(":id/base", use: base)
        signed.put(":id/tail", use: tail)
        signed.post(":id/finish", use: finish)
    }

    // MARK: To the owner

    @Sendable private func begin(_ request: Request, _ context: ControlContext) async throws -> Response {
        let body = try await request.body.collect(upTo: 64 << 10)
        guard let wanted = MoveCalls.request(Array(body.readableBytesView)) else {
            throw APIError.badRequest("the move cannot be read")
        }
        let id = try await refusing { try await desk.begin(wanted) }
        return Response(
            status: .accepted, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try MoveCalls.encode(move: id))))
    }

    @Sendable private func cancel(_ request: Request, _ context: ControlContext) async throws -> Response {
        let id = try context.parameters.require("id")
        _ = try await refusing { try await desk.cancel(id) }
        return Response(status: .noContent)
    }

    // MARK: To the target

    @Sendable private func base(_ request: Request, _ context: ControlContext) async throws -> Response {
        let offer = try offer(request, context)
        guard let offset = request.uri.queryParameters["offset"].flatMap({ Int64($0) }), offset >= 0 else {
            throw APIError.badRequest("the piece's place cannot be read")
        }
        let piece = try await request.body.collect(upTo: InternalSignature.wholeBytes)
        try await judging { try await arrivals.take(Array(piece.readableBytesView), at: offset, of: offer) }
        return Response(status: .noContent)
    }

    @Sendable private func tail(_ request: Request, _ context: ControlContext) async throws -> Response {
        let offer = try offer(request, context)
        let body = try await request.body.collect(upTo: InternalSignature.wholeBytes)
        guard let number = request.uri.queryParameters["batch"].flatMap({ UInt64($0) }),
            let size = request.uri.queryParameters["size"].flatMap({ UInt32($0) }),
            let batch = PageBatch(pageCount: size, bytes: Array(body.readableBytesView))
        else { throw APIError.badRequest("the pages cannot be read") }
        try await judging { try await arrivals.follow(batch, number, of: offer) }
        return Response(status: .noContent)
    }

    @Sendable private func finish(_ request: Request, _ context: ControlContext) async throws -> Response {
        let offer = try offer(request, context)
        try await judging { try await arrivals.finish(offer) }
        return Response(status: .noContent)
    }

    @Sendable private func position(_ request: Request, _ context: ControlContext) async throws -> Response {
        let offer = try offer(request, context)
        let position = try await judging { try await arrivals.position(offer) }
        return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: position.text)))
    }

    @Sendable private func hint(_ request: Request, _ context: ControlContext) async throws -> Response {
        await arrivals.hint(try context.parameters.require("id"))
        return Response(status: .noContent)
    }

    private func offer(_ request: Request, _ context: ControlContext) throws -> MoveOffer {
        let query = request.uri.queryParameters
        let id = try context.parameters.require("id")
        guard let offer = MoveOffer(move: id, query: { name in query[Substring(name)].map(String.init) }) else {
            throw APIError.badRequest("the offer cannot be read")
        }
        return offer
    }

    private func judging<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let refusal as ArrivalRefusal {
            throw Self.api(refusal)
        } catch let failure as ArrivalFailure {
            throw APIError.badRequest(failure.description)
        }
    }

    private static func api(_ refusal: ArrivalRefusal) -> APIError {
        switch refusal {
        case .busy:
            APIError(.busy, "this node takes as many copies in as it can", retryAfter: 5)
        case .notExpected: APIError(.versionConflict, "the row does not say that this tenant comes here")
        case .unknown: APIError.notFound("this node has no such copy")
        case .ended: APIError(.versionConflict, "the move has ended")
        case .gap: APIError(.versionConflict, "a piece before this one is missing")
        case .catalogUnavailable(let why): APIError(.catalogUnavailable, why, retryAfter: 1)
        }
    }
}
