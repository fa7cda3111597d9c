import Journal
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
    // @unchecked: constant.
    private let body: @Sendable (TenantDatabase) throws -> Void
    private let outcome = BlockingResult<Swift.Result<LSN, any Error>>()

    init(_ body: @escaping @Sendable (TenantDatabase) throws -> Void) { self.body = body }

    func run(on database: TenantDatabase) -> WorkOutcome {
        outcome.set(
            Swift.Result {
                try body(database)
                return database.newestLSN
            })
        return .done(after: .none)
    }

    func refuse(_ error: TenantsError) { outcome.set(.failure(error)) }
    func release() {}

    /// Blocks until the work has run and is durable.
    ///
    /// - Throws: `TenantsError`, what the closure threw, or the journal's end, which would be waited for in vain.
    func wait(_ journal: Journal) throws {
        try journal.waitUntilDurable(try outcome.wait().get())
    }
}
