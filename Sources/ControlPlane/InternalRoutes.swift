package import Access
package import Catalog
import Cluster
import HTTPTypes
package import Hummingbird
import NIOCore
package import Residents
import Routing
import Seams
import Tenants
package import Vocabulary

/// What nodes ask of each other, under `/.rowhouse/`. To be registered only where the node has a cluster key.
package struct InternalRoutes: Sendable {
    private let verifier: ClusterVerifier
    private let bodies: InternalBodies
    private let ping: PingObject
    private let catalog: (driver: any CatalogDriver, identity: Identity)?
    private let tenants: InternalTenants

    /// - Parameter catalog: the node's own, if it holds one; else there is no route to it.
    package init(
        verifier: ClusterVerifier, bodies: InternalBodies, ping: PingObject,
        catalog: (driver: any CatalogDriver, identity: Identity)?, store: CatalogStore, residents: Residents,
        claims: ClaimService
    ) {
        self.verifier = verifier
        self.bodies = bodies
        self.ping = ping
        self.catalog = catalog
        tenants = InternalTenants(rows: TenantRows(store), residents: residents, claims: claims.keeper)
    }

    package func register(on router: Router<ControlContext>) {
        let signed = router.group(".rowhouse")
            .add(middleware: InternalSignature(verifier: verifier, bodies: bodies))
        let ping = ping
        signed.get("ping") { _, _ in try JSONText.response(.ok, ping) }
        if let catalog {
            let service = CatalogService(driver: catalog.driver, identity: catalog.identity)
            signed.post("catalog") { request, _ in try await service.answer(request) }
        }
        tenants.register(on: signed.group("tenants"))
    }
}

/// What a node says of itself to another.
package struct PingObject: Codable, Sendable, Equatable {
    package let node: String
    package let version: String
    /// Of the files.
    package let format: Int
    /// Of the calls between nodes.
    package let `protocol`: Int
    package let incarnation: UInt64

    package init(node: String, version: String, format: Int, protocol: Int, incarnation: UInt64) {
        self.node = node
        self.version = version
        self.format = format
        self.protocol = `protocol`
        self.incarnation = incarnation
    }
}

/// The catalog that this node holds, for the others.
private struct CatalogService: Sendable {
    let driver: any CatalogDriver
    let identity: Identity

    /// Every outcome is a 200 in the catalog's own terms, so that any other status means that nothing was run.
    func answer(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: CatalogLimits.messageBytes)
        let outcome = await run(Array(body.readableBytesView), wanted: request.uri.queryParameters["identity"])
        let bytes: [UInt8]
        do {
            bytes = try CatalogWire.encode(outcome)
        } catch {
            bytes = try CatalogWire.encode(.failure(error))
        }
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func run(_ message: [UInt8], wanted: Substring?) async -> Result<[CatalogRows], CatalogError> {
        do throws(CatalogError) {
            if let wanted {
                guard let known = Identity(hex: wanted) else { throw .refused("the identity cannot be read") }
                guard known == identity else { throw .otherCatalog(known: known) }
            }
            let transaction = try CatalogWire.decodeTransaction(message)
            guard transaction.kind != .schema else {
                throw .refused("only the node that holds the catalog changes its tables")
            }
            return .success(try await driver.run(transaction))
        } catch {
            return .failure(error)
        }
    }
}
