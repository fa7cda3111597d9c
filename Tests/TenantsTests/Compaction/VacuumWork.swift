import SQLiteKit
import Seams
import Synchronization
import Vocabulary

@testable import Tenants

/// A caller's VACUUM: asked for again, on one stream, until it is done.
final class VacuumWork: TenantWork, @unchecked Sendable {
    // @unchecked: `stream` and `result` belong to the tenant's thread until the work is released.
    private let rights: Rights
    let deadline: Instant
    private let onDone: @Sendable (TenantDatabase, Result<Void, SQLFailure>) -> Void
    private let onEnd: @Sendable (Result<Void, SQLFailure>?) -> Void
    private var stream: TenantStream?
    private var result: Result<Void, SQLFailure>?

    /// - Parameters:
    ///   - onDone: on the tenant's thread.
    ///   - onEnd: when the answer may leave; nil for a work that the engine refused.
    init(
        rights: Rights = .write, deadline: Instant = .distantFuture,
        onDone: @escaping @Sendable (TenantDatabase, Result<Void, SQLFailure>) -> Void = { _, _ in },
        onEnd: @escaping @Sendable (Result<Void, SQLFailure>?) -> Void
    ) {
        self.rights = rights
        self.deadline = deadline
        self.onDone = onDone
        self.onEnd = onEnd
    }

    func run(on database: TenantDatabase) -> WorkOutcome {
        let stream = stream ?? database.temporaryStream(principal: 1)
        self.stream = stream
        let session = database.session(on: stream, rights: rights, deadline: deadline)
        do throws(SQLFailure) {
            try session.compact()
            result = .success(())
        } catch {
            let isOver = database.now >= deadline
            if error == .writerBusy, !isOver { return .waitForWriter }
            result = .failure(isOver ? .deadlineExceeded : error)
        }
        onDone(database, result!)
        database.close(stream)
        return .done(after: database.newestLSN)
    }

    func refuse(_ error: TenantsError) { onEnd(nil) }
    func release() { onEnd(result) }
}

extension TenantEngine {
    /// - Returns: nil where the engine refused.
    func vacuum(_ tenant: TenantID, rights: Rights = .write, deadline: Instant = .distantFuture) async -> Result<
        Void, SQLFailure
    >? {
        await withCheckedContinuation { continuation in
            submit(VacuumWork(rights: rights, deadline: deadline) { continuation.resume(returning: $0) }, to: tenant)
        }
    }
}
