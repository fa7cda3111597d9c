import CSQLite
import Journal
import SQLiteKit
import Seams
import Vocabulary

/// A step of the compactor's on the tenant's thread; it looks for the compaction there, which may be gone.
protocol CompactionWork: TenantWork {
    associatedtype Value: Sendable
    /// nil stands for "not now": somebody still reads or writes.
    var answer: BlockingResult<Result<Value?, SQLFailure>> { get }
}

extension CompactionWork {
    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { answer.set(.failure(.busy)) }
    func release() {}
}

/// Tries once to hold the tenant's writers.
final class HoldForCompactionWork: CompactionWork {
    let answer = BlockingResult<Result<HeldTenant?, SQLFailure>>()
    private let engine: TenantEngine
    private let compaction: Compaction
    private let ends: Bool

    init(_ engine: TenantEngine, _ compaction: Compaction, ends: Bool) {
        self.engine = engine
        self.compaction = compaction
        self.ends = ends
    }

    func handle(_ tenant: Tenant) -> Bool {
        guard let database = tenant.openDatabase, database.compaction === compaction else {
            answer.set(.failure(.busy))
            return true
        }
        if !compaction.isHolding {
            // A move has it; it ends by itself, or the tenant is gone.
            guard database.hold == .none else {
                answer.set(.success(nil))
                return true
            }
            compaction.isHolding = true
        }
        do throws(TenantsError) {
            switch try FreezeStep(engine: engine, ends: ends).attempt(tenant, database, for: self) {
            case nil: break
            case .waiting?: answer.set(.success(nil))
            case .done(let state)?:
                answer.set(.success(HeldTenant(state: state, file: database.file, memory: database.memory)))
            }
        } catch {
            answer.set(.failure(SQLFailure(compaction: error)))
        }
        return true
    }
}

/// Tells the journal of the new file and lets the tenant go on in it.
final class SwitchToCompactWork: CompactionWork {
    let answer = BlockingResult<Result<Bool?, SQLFailure>>()
    private let engine: TenantEngine
    private let compaction: Compaction
    private let held: HeldTenant
    private let copy: CompactFile
    private let ends: Bool

    /// - Parameter ends: reads that are in the way are ended; else it is tried again when they have ended by themselves.
    init(_ engine: TenantEngine, _ compaction: Compaction, _ held: HeldTenant, _ copy: CompactFile, ends: Bool) {
        self.ends = ends
        self.engine = engine
        self.compaction = compaction
        self.held = held
        self.copy = copy
    }

    func handle(_ tenant: Tenant) -> Bool {
        if ends, let database = tenant.openDatabase, database.compaction === compaction {
            database.endEverythingOpen()
            // Nothing new begins until they have come back: slow reads that follow one another must not keep the writers for ever.
            if tenant.mustAwaitReaders(recalling: true) { return true }
        }
        do throws(TenantsError) {
            answer.set(.success(try switchOver(tenant) ? true : nil))
        } catch {
            answer.set(.failure(SQLFailure(compaction: error)))
        }
        return true
    }

    private func switchOver(_ tenant: Tenant) throws(TenantsError) -> Bool {
        guard let database = tenant.openDatabase, database.compaction === compaction, database.hold == .frozen,
            database.state == held.state, engine.journal.ended == nil
        else { throw .busy(queue: "tenant") }
        var next = held.state
        next.generation = copy.generation
        next.txid = held.state.txid.next
        next.time = max(held.state.time, engine.context.time.wall())
        next.pageCount = copy.pageCount
        next.checksum = copy.checksum
        guard let lsn = try database.goOn(in: copy.path, as: next, previous: held.state.generation, engine.events)
        else {
            return false
        }
        engine.census.put(tenant.id, next)
        engine.context.notices.tell(.compacted(tenant.id, before: held.state, after: next))
        let (removals, old) = (engine.removals, engine.layout.path(of: tenant.id, held.state.generation))
        engine.journal.whenDurable(lsn, RunWhenDurable { removals.add(old) })
        database.letGo(of: compaction, .success(()))
        return true
    }
}

/// The compaction has failed.
final class EndCompactionWork: CompactionWork {
    let answer = BlockingResult<Result<Bool?, SQLFailure>>()
    private let engine: TenantEngine
    private let compaction: Compaction

    init(_ engine: TenantEngine, _ compaction: Compaction) {
        self.engine = engine
        self.compaction = compaction
    }

    func handle(_ tenant: Tenant) -> Bool {
        tenant.openDatabase?.letGo(of: compaction, .failure(.busy))
        answer.set(.success(true))
        return true
    }
}

extension SQLFailure {
    fileprivate init(compaction error: TenantsError) {
        switch error {
        case .diskFull: self = .diskFull
        case .storage(let message): self = .sqlite(SQLiteError(extendedCode: SQLITE_IOERR, message: message))
        default: self = .busy
        }
    }
}
