import Synchronization
import Vocabulary

/// A work made of a closure, for callers that await its result: the catalog, the control plane, moves.
final class ClosureWork<Result: Sendable>: TenantWork, @unchecked Sendable {
    // @unchecked: `outcome` is written on the tenant's thread and read when the work is released, which comes after.
    typealias Body = @Sendable (TenantDatabase) throws -> Result
    private let body: Body
    private let continuation: CheckedContinuation<Result, any Error>
    private var outcome: Swift.Result<Result, any Error>?

    init(_ body: @escaping Body, _ continuation: CheckedContinuation<Result, any Error>) {
        self.body = body
        self.continuation = continuation
    }

    func run(on database: TenantDatabase) -> WorkOutcome {
        do {
            outcome = .success(try body(database))
        } catch SQLFailure.writerBusy {
            return .waitForWriter
        } catch {
            outcome = .failure(error)
        }
        return .done(after: database.newestLSN)
    }

    func refuse(_ error: TenantsError) { continuation.resume(throwing: error) }

    func release() { continuation.resume(with: outcome!) }
}

/// The same for a service thread, which may block.
final class BlockingWork: TenantWork, @unchecked Sendable {
    // @unchecked: the error is written before the gate opens and read after.
    private let body: @Sendable (TenantDatabase) throws -> Void
    private let gate = BlockingResult()

    init(_ body: @escaping @Sendable (TenantDatabase) throws -> Void) { self.body = body }

    func run(on database: TenantDatabase) -> WorkOutcome {
        do {
            try body(database)
            gate.set(nil)
        } catch {
            gate.set(error)
        }
        return .done(after: database.newestLSN)
    }

    func refuse(_ error: TenantsError) {
        gate.set(error)
        gate.open()
    }

    func release() { gate.open() }

    /// Blocks until the work has run and is durable.
    func wait() throws { try gate.wait() }
}
