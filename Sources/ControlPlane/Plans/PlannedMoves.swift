package import Balancing
import Contract
import Movers
package import Vocabulary

/// A plan's rows as moves of this service.
package struct PlannedMoves: MoveStarter {
    private let service: MoveService

    package init(_ service: MoveService) { self.service = service }

    package func begin(
        _ tenant: TenantID, from owner: NodeID, to target: NodeID, version: UInt64
    ) async throws(MoveNotBegun) -> String {
        let request = MoveRequest(tenant: tenant, target: target, version: version)
        do {
            return try await service.begin(request, ownedBy: owner)
        } catch let refusal as MoveRefusal {
            throw Self.reason(ErrorTable.api(refusal))
        } catch let error as APIError {
            throw Self.reason(error)
        } catch {
            throw .unknown("\(error)")
        }
    }

    private static func reason(_ error: APIError) -> MoveNotBegun {
        switch error.failure {
        // The placement's row tells what has happened instead.
        case .outcomeUnknown, .versionConflict, .moveInProgress, .alreadyThere: .unknown(error.message)
        default: error.retryAfter == nil ? .refused(error.message) : .busy(error.message)
        }
    }
}
