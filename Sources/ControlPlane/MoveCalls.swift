import Cluster
import FoundationEssentials
package import Movers
package import Rebalancing
package import Seams
package import Tenants
import Vocabulary

extension InternalPaths {
    static let moves = "/.rowhouse/moves"
    static func cancelMove(_ id: String) -> String { "\(moves)/\(PercentText.escape(id))/cancel" }
    static func base(_ offer: MoveOffer, _ offset: Int64) -> String {
        "\(moves)/\(offer.order.id)/base?\(offer.query)&offset=\(offset)"
    }
    static func tail(_ offer: MoveOffer, _ batch: PageBatch, _ number: UInt64) -> String {
        "\(moves)/\(offer.order.id)/tail?\(offer.query)&batch=\(number)&size=\(batch.pageCount)"
    }
    static func finish(_ offer: MoveOffer) -> String { "\(moves)/\(offer.order.id)/finish?\(offer.query)" }
    static func position(_ offer: MoveOffer) -> String { "\(moves)/\(offer.order.id)/position?\(offer.query)" }
    static func hint(_ offer: MoveOffer) -> String { "\(moves)/\(offer.order.id)/hint" }
}

/// A source's calls to its target. Pieces are small enough to be signed whole, and to pass every bound of a request.
package struct MoveCalls: MovePeers {
    private let transport: any PeerTransport

    package init(transport: any PeerTransport) { self.transport = transport }

    package func send(
        _ piece: [UInt8], at offset: Int64, _ offer: MoveOffer, to address: String, timeout: Duration
    ) async throws {
        _ = try await transport.call(
            address, method: "PUT", path: InternalPaths.base(offer, offset), body: piece, timeout: timeout)
    }

    package func finish(_ offer: MoveOffer, at address: String, timeout: Duration) async throws {
        _ = try await transport.post(address, path: InternalPaths.finish(offer), timeout: timeout)
    }

    package func follow(
        _ batch: PageBatch, _ number: UInt64, _ offer: MoveOffer, to address: String, timeout: Duration
    ) async throws {
        _ = try await transport.call(
            address, method: "PUT", path: InternalPaths.tail(offer, batch, number), body: batch.bytes, timeout: timeout)
    }

    package func position(
        _ offer: MoveOffer, at address: String, timeout: Duration
    ) async throws -> MovePosition {
        let answer = try await transport.post(address, path: InternalPaths.position(offer), timeout: timeout)
        guard let position = MovePosition(text: String(decoding: answer.body, as: UTF8.self)) else {
            throw MoveCallFailure.unreadable
        }
        return position
    }

    package func hint(_ offer: MoveOffer, at address: String, timeout: Duration) async throws {
        _ = try await transport.post(address, path: InternalPaths.hint(offer), timeout: timeout)
    }
}

enum MoveCallFailure: Error, CustomStringConvertible {
    case unreadable
    var description: String { "the target's answer cannot be read" }
}

// MARK: Between the node that was asked and the owner

extension MoveCalls {
    private struct BeginBody: Codable {
        let tenant: String
        let to: String
        let onTransaction: String
        let id: String?
        let version: UInt64?
    }

    private struct BegunBody: Codable {
        let id: String
    }

    static func encode(_ request: MoveRequest) throws -> [UInt8] {
        Array(
            try JSONEncoder().encode(
                BeginBody(
                    tenant: request.tenant.description, to: request.target.name,
                    onTransaction: request.onTransaction.rawValue, id: request.id,
                    version: request.version)))
    }

    static func request(_ bytes: [UInt8]) -> MoveRequest? {
        guard let body = try? JSONDecoder().decode(BeginBody.self, from: Data(bytes)),
            let tenant = TenantID(hex: body.tenant), !tenant.isReserved, let target = NodeID(body.to),
            let onTransaction = MoveRequest.OnTransaction(rawValue: body.onTransaction)
        else { return nil }
        return MoveRequest(
            tenant: tenant, target: target, onTransaction: onTransaction, id: body.id,
            version: body.version)
    }

    static func encode(move: String) throws -> [UInt8] { Array(try JSONEncoder().encode(BegunBody(id: move))) }

    static func move(_ bytes: [UInt8]) -> String? {
        (try? JSONDecoder().decode(BegunBody.self, from: Data(bytes)))?.id
    }
}
