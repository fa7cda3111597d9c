import Journal
import SQLiteKit
import Seams
package import Vocabulary

extension TenantEngine {
    // MARK: Coming into being

    /// Makes a tenant from a template. When it returns the tenant is durable: a crash from then on finds it whole.
    ///
    /// - Throws: `.alreadyExists`, `.diskFull`, `.busy`, `.storage`.
    @discardableResult
    package func create(_ id: TenantID, template: Template, epoch: Epoch) async throws -> TenantState {
        try await withCheckedThrowingContinuation { continuation in
            submit(CreateWork(engine: self, id: id, template: template, epoch: epoch, continuation), to: id)
        }
    }

    /// On the tenant's thread. The file needs no sync: recovery makes it again from its record (rule J8).
    func createNow(_ id: TenantID, template: Template, epoch: Epoch) throws(TenantsError) -> (TenantState, LSN) {
        guard census.find(id) == nil else { throw .alreadyExists(id) }
        let generation = context.faults.reuseGeneration ? Generation(1) : try nextGeneration()
        let state = TenantState(
            generation: generation, epoch: epoch, txid: .none, time: context.time.wall(),
            pageCount: template.pageCount, checksum: template.checksum)
        let path = layout.path(of: id, generation)
        try templates.instantiate(template, at: path)
        do throws(TenantsError) {
            let lsn = try events.created(id, state, template: template.hash)
            census.put(id, state)
            return (state, lsn)
        } catch {
            try? files.remove(path)
            throw error
        }
    }

    func nextGeneration() throws(TenantsError) -> Generation {
        do throws(JournalError) { return try journal.nextGeneration() } catch { throw .storage(error.description) }
    }

    // MARK: Going

    /// Drops the tenant's file. When it returns the drop is durable.
    ///
    /// - Throws: `.notFound`.
    package func drop(_ id: TenantID) async throws {
        _ = try await withCheckedThrowingContinuation { continuation in
            submit(DropWork(engine: self, id: id, onlyUnwritten: false, continuation), to: id)
        }
    }

    /// Drops the tenant's file if nobody has written to it since it was made. When it returns the drop is durable.
    ///
    /// - Returns: false, with nothing done, where somebody has.
    /// - Throws: `.notFound`.
    package func dropUnwritten(_ id: TenantID) async throws -> Bool {
        try await withCheckedThrowingContinuation { continuation in
            submit(DropWork(engine: self, id: id, onlyUnwritten: true, continuation), to: id)
        }
    }

    /// On the tenant's thread, with no reader aside.
    func dropNow(_ tenant: Tenant) throws(TenantsError) -> (TenantState, LSN) {
        guard let facts = tenant.openDatabase?.state ?? census.find(tenant.id) else { throw .notFound(tenant.id) }
        let lsn = try events.dropped(tenant.id, facts)
        tenant.noteEvent(lsn)
        tenant.abandonDatabase()
        census.remove(tenant.id)
        replicas.drop(tenant.id)
        return (facts, lsn)
    }

    // MARK: Changing hands

    /// Refuses new works for the tenant with this error; nil lets them in again. What is queued still runs.
    package func bar(_ id: TenantID, _ error: TenantsError?) { find(id).bar(error) }
}

/// Creates on the tenant's thread; the answer waits for the record, also the answer that it is there already.
private final class CreateWork: TenantWork, @unchecked Sendable {
    // @unchecked: `result` is written on the tenant's thread and read when the work is released, which comes after.
    private let engine: TenantEngine
    private let id: TenantID
    private let template: Template
    private let epoch: Epoch
    private let continuation: CheckedContinuation<TenantState, any Error>
    private var result: Result<TenantState, TenantsError>?

    init(
        engine: TenantEngine, id: TenantID, template: Template, epoch: Epoch,
        _ continuation: CheckedContinuation<TenantState, any Error>
    ) {
        self.engine = engine
        self.id = id
        self.template = template
        self.epoch = epoch
        self.continuation = continuation
    }

    func handle(_ tenant: Tenant) -> Bool {
        do throws(TenantsError) {
            let (state, lsn) = try engine.createNow(id, template: template, epoch: epoch)
            tenant.noteEvent(lsn)
            result = .success(state)
        } catch {
            result = .failure(error)
        }
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { continuation.resume(throwing: error) }
    func release() { continuation.resume(with: result!.mapError { $0 }) }
}

private final class DropWork: TenantWork, @unchecked Sendable {
    // @unchecked: `result` is written on the tenant's thread and read when the work is released, which comes after.
    private let engine: TenantEngine
    private let id: TenantID
    private let onlyUnwritten: Bool
    private let continuation: CheckedContinuation<Bool, any Error>
    /// What was dropped, if anything.
    private var result: Result<TenantState?, TenantsError>?

    init(
        engine: TenantEngine, id: TenantID, onlyUnwritten: Bool, _ continuation: CheckedContinuation<Bool, any Error>
    ) {
        self.engine = engine
        self.id = id
        self.onlyUnwritten = onlyUnwritten
        self.continuation = continuation
    }

    func handle(_ tenant: Tenant) -> Bool {
        let state = tenant.openDatabase?.state ?? engine.census.find(id)
        if onlyUnwritten, let state, state.txid != .none {
            result = .success(nil)
            return true
        }
        if tenant.mustAwaitReaders(recalling: true) { return true }
        do throws(TenantsError) {
            result = .success(try engine.dropNow(tenant).0)
        } catch {
            result = .failure(error)
        }
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { continuation.resume(throwing: error) }

    /// The drop is durable: the file may go, off this thread.
    func release() {
        if case .success(let facts?)? = result { engine.removals.add(engine.layout.path(of: id, facts.generation)) }
        continuation.resume(with: result!.map { $0 != nil }.mapError { $0 })
    }
}

/// Creation before anything runs: on the starting thread.
struct BlockingCreate {
    let engine: TenantEngine

    func create(_ id: TenantID, template: Template, epoch: Epoch) throws {
        let (_, lsn) = try engine.createNow(id, template: template, epoch: epoch)
        try engine.journal.waitUntilDurable(lsn)
    }
}
