import AsyncHTTPClient
package import NIOCore
import Seams

/// The body of an answer, piece by piece. Nothing is read from the connection but what was asked for, one piece ahead.
package struct PeerStream: Sendable {
    private let body: HTTPClientResponse.Body

    init(_ body: HTTPClientResponse.Body) { self.body = body }

    /// Hands over every piece in order, the next one when `take` has returned. To be called once.
    ///
    /// - Throws: `PeerFailure.outcomeUnknown` if the body breaks off; and whatever `take` throws, which ends the call.
    package func read(_ take: (ByteBuffer) async throws -> Void) async throws {
        var pieces = body.makeAsyncIterator()
        while true {
            let piece: ByteBuffer?
            do {
                piece = try await pieces.next()
            } catch {
                throw PeerFailure.outcomeUnknown("the answer broke off (\(error))")
            }
            guard let piece else { return }
            try await take(piece)
        }
    }
}
