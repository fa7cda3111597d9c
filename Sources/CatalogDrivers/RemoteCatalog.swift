package import Catalog
package import Seams
package import Vocabulary

/// The catalog of another node: each transaction is one call to it, which its own driver runs.
///
/// Repeating is not done here: whoever asked knows whether it may (`CatalogStore`). Only a read whose answer was lost is
/// asked for a second time, since it changes nothing.
package struct RemoteCatalog: CatalogDriver {
    /// Where a node that holds a catalog takes transactions.
    package static let path = "/.rowhouse/catalog"

    private let transport: any PeerTransport
    private let address: String
    private let timeout: Duration
    /// The only catalog that is asked; nil: whichever is there.
    private var identity: Identity?

    /// - Parameters:
    ///   - address: of the node that holds the catalog: `http://10.0.0.1:8080`.
    ///   - timeout: for one transaction, from sending to the end of its answer.
    package init(transport: any PeerTransport, address: String, timeout: Duration = .seconds(10)) {
        self.transport = transport
        self.address = address
        self.timeout = timeout
    }

    /// The same, asking no other catalog: one that was begun anew at the address answers ``CatalogError/otherCatalog(known:)``.
    package func only(_ identity: Identity) -> RemoteCatalog {
        var bound = self
        bound.identity = identity
        return bound
    }

    package func run(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows] {
        let message = try CatalogWire.encode(transaction)
        guard case .read = transaction.kind else { return try await ask(message) }
        do {
            return try await ask(message)
        } catch .outcomeUnknown {
            do { return try await ask(message) } catch .outcomeUnknown(let why) { throw .unavailable(why) }
        }
    }

    private func ask(_ message: [UInt8]) async throws(CatalogError) -> [CatalogRows] {
        let answer: PeerAnswer
        do {
            let path = identity.map { "\(Self.path)?identity=\($0)" } ?? Self.path
            answer = try await transport.post(address, path: path, body: message, timeout: timeout)
        } catch {
            throw Self.error(error)
        }
        let outcome: Result<[CatalogRows], CatalogError>
        do {
            outcome = try CatalogWire.decodeOutcome(answer.body)
        } catch {
            // It was taken, and then something was said that this node does not understand.
            throw .outcomeUnknown("the answer cannot be read: \(error)")
        }
        return try outcome.get()
    }

    /// Only what is certain to have changed nothing is `unavailable`.
    private static func error(_ failure: PeerFailure) -> CatalogError {
        switch failure {
        case .unreachable: .unavailable(failure.description)
        case .outcomeUnknown, .tooLarge: .outcomeUnknown(failure.description)
        case .refused(404, _, _):
            // Refused before it was looked at: another key, a clock that is off, or a node without a catalog.
            .unavailable(
                "the node there does not take this one's calls: is it the node that holds the catalog, "
                    + "do both have the same cluster key, and do their clocks agree within 30 s?")
        case .refused(let status, _, _) where status < 500 || status == 503: .unavailable(failure.description)
        case .refused: .outcomeUnknown(failure.description)
        }
    }
}
