package import Catalog
import Routing
package import Seams
import Synchronization
package import Vocabulary

/// Makes tenants for the first requests that write to them: once, however many come at once.
package final class FirstUse: Sendable {
    package enum Outcome: Sendable {
        /// It is there, made now or before.
        case made
        /// Its key is a deleted tenant's.
        case deleted
        case keyHeld(seconds: Int)
        case tooMany(seconds: Int)
        case failed(APIError)
    }

    private enum Ticket: Sendable {
        case done(Outcome)
        /// The caller is the one who makes it.
        case lead
    }

    private struct State {
        var flights = FlightTable<TenantKey>(maximumFlights: 4_096, maximumWaiters: 4_096)
        var waiting: [UInt64: CheckedContinuation<Ticket, Never>] = [:]
    }

    private let tenants: TenantService
    private let time: any TimeSource
    private let creations: CreationLimit
    private let state: Mutex<State>
    private let schema: @Sendable (TenantKey) -> String?

    /// - Parameter creations: the node's.
    /// - Parameter schema: of a key whose tenant is made on its first use; nil for others.
    package init(
        _ tenants: TenantService, creations: CreationLimit, time: any TimeSource,
        schema: @escaping @Sendable (TenantKey) -> String?
    ) {
        self.tenants = tenants
        self.time = time
        self.schema = schema
        self.creations = creations
        state = Mutex(State())
    }

    package func isOffered(_ key: TenantKey) -> Bool { schema(key) != nil }

    /// - Parameter caller: whose share of creations it counts to.
    /// - Parameter boundSince: since when tokens that name the key are good for the tenant; nil: from now on.
    /// - Parameter author: of the request that was the first.
    package func make(
        _ key: TenantKey, for caller: UInt64, boundSince: WallTime?, author: AuditAuthor
    ) async -> Outcome {
        switch await board(key, caller) {
        case .done(let outcome): return outcome
        case .lead:
            let outcome = await create(key, boundSince, author)
            let waiting = state.withLock { state in
                state.flights.land(key).compactMap { state.waiting.removeValue(forKey: $0) }
            }
            for continuation in waiting { continuation.resume(returning: .done(outcome)) }
            return outcome
        }
    }

    private func board(_ key: TenantKey, _ caller: UInt64) async -> Ticket {
        await withCheckedContinuation { continuation in
            let ticket: Ticket? = state.withLock { state in
                switch state.flights.join(key) {
                case .wait(let number):
                    state.waiting[number] = continuation
                    return nil
                case .refuse: return .done(.tooMany(seconds: 1))
                case .lead:
                    guard let wait = creations.take(caller) else { return .lead }
                    // Nobody can have joined it meanwhile.
                    _ = state.flights.land(key)
                    return .done(.tooMany(seconds: wait))
                }
            }
            if let ticket { continuation.resume(returning: ticket) }
        }
    }

    private func create(_ key: TenantKey, _ boundSince: WallTime?, _ author: AuditAuthor) async -> Outcome {
        guard let schema = schema(key) else { return .failed(.tenantNotFound(key.string)) }
        do {
            let now = time.wall()
            let bound = boundSince.map { min($0, now) }
            try await AuditAuthor.$current.withValue(author) {
                let new = NewTenant(key: key, schema: schema, boundSince: bound, occasion: "first use")
                _ = try await tenants.create(new)
            }
            return .made
        } catch {
            let failure = ErrorTable.api(any: error)
            switch failure.code {
            case "tenant_exists": return .made
            case "tenant_deleted": return .deleted
            case "key_held": return .keyHeld(seconds: failure.retryAfter ?? 60)
            case "rate_limited": return .tooMany(seconds: failure.retryAfter ?? 60)
            default: return .failed(failure)
            }
        }
    }
}
