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
    /// A full queue has room again in a moment.
    func refuse(_ error: TenantsError) {
        if case .busy = error { answer.set(.success(nil)) } else { answer.set(.failure(.busy)) }
    }
    func release() {}
}

/// How far an attempt to hold the writers has come.
enum CompactionStep: Sendable {
    case held(HeldTenant)
    /// Somebody still reads or writes.
    case waiting
    /// Something else has the tenant; that ends by itself, or the tenant is gone.
    case elsewhere
}

/// Tries once to hold the tenant's writers.
final class HoldForCompactionWork: CompactionWork {
    let answer = BlockingResult<Result<CompactionStep?, SQLFailure>>()
    var mayBeWithdrawn: Bool { true }
    private let engine: TenantEngine
    private let compaction: Compaction
    private let attempt: Int
    private let ends: Bool

    /// - Parameter ends: transactions and reads that are in the way are ended.
    init(_ engine: TenantEngine, _ compaction: Compaction, attempt: Int, ends: Bool) {
        self.engine = engine
        self.compaction = compaction
        self.attempt = attempt
        self.ends = ends
    }

    func handle(_ tenant: Tenant) -> Bool {
        guard let database = tenant.openDatabase, database.compaction === compaction else {
            answer.set(.failure(.busy))
            return true
        }
        if !compaction.isHolding {
            guard database.hold == .none else {
                answer.set(.success(.elsewhere))
                return true
            }
            compaction.isHolding = true
        }
        if ends {
            database.endEverythingOpen()
            // Nothing new begins until they have come back: slow reads that follow one another must not keep the writers for ever.
            if tenant.mustAwaitReaders(recalling: true) { return true }
        }
        do throws(TenantsError) {
            switch try FreezeStep(engine: engine, ends: ends).attempt(tenant, database, for: self) {
            case nil: break
            case .waiting?: answer.set(.success(.waiting))
            case .done(let state)?:
                let held = HeldTenant(state: state, file: database.file, memory: database.memory)
                answer.set(.success(.held(held)))
            }
        } catch {
            answer.set(.failure(SQLFailure(compaction: error)))
        }
        return true
    }
}

/// Others' compactions go first: the tenant's writers go on meanwhile.
final class PauseCompactionWork: TenantWork {
    private let compaction: Compaction
    private let attempt: Int

    init(_ compaction: Compaction, attempt: Int) {
        self.compaction = compaction
        self.attempt = attempt
    }

    func handle(_ tenant: Tenant) -> Bool {
        // It may come late, when the next attempt has begun.
        if let database = tenant.openDatabase, compaction.isCurrent(attempt) { database.pause(compaction) }
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    /// They are held until the compaction's next attempt, or its end.
    func refuse(_ error: TenantsError) {}
    func release() {}
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
        guard let lsn = try append(next, on: database) else { return false }
        engine.census.put(tenant.id, next)
        engine.context.notices.tell(.compacted(tenant.id, before: held.state, after: next))
        let (removals, old) = (engine.removals, engine.layout.path(of: tenant.id, held.state.generation))
        engine.journal.whenDurable(lsn, RunWhenDurable { removals.add(old) })
        database.letGo(of: compaction, .success(()))
        return true
    }

    /// - Returns: nil while somebody reads, and while the journal has no room: that would be no reason to throw the copy away.
    private func append(_ next: TenantState, on database: TenantDatabase) throws(TenantsError) -> LSN? {
        do throws(TenantsError) {
            return try database.goOn(in: copy.path, as: next, previous: held.state.generation, engine.events)
        } catch {
            guard case .busy = error, engine.journal.ended == nil else { throw error }
            return nil
        }
    }
}

/// The held file is not what its checksum says.
final class QuarantineCompactedWork: CompactionWork {
    let answer = BlockingResult<Result<Bool?, SQLFailure>>()
    private let engine: TenantEngine
    private let compaction: Compaction
    private let held: HeldTenant

    init(_ engine: TenantEngine, _ compaction: Compaction, _ held: HeldTenant) {
        self.engine = engine
        self.compaction = compaction
        self.held = held
    }

    func handle(_ tenant: Tenant) -> Bool {
        guard let database = tenant.openDatabase, database.compaction === compaction, database.state == held.state
        else {
            answer.set(.failure(.busy))
            return true
        }
        if tenant.mustAwaitReaders(recalling: true) { return true }
        tenant.quarantine(engine.census)
        answer.set(.success(true))
        return true
    }
}

/// The compaction has failed; it knows how.
final class EndCompactionWork: TenantWork {
    private let engine: TenantEngine
    private let compaction: Compaction

    init(_ engine: TenantEngine, _ compaction: Compaction) {
        self.engine = engine
        self.compaction = compaction
    }

    func handle(_ tenant: Tenant) -> Bool {
        tenant.openDatabase?.letGo(of: compaction, .failure(.busy))
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    /// Where even the reserve of the tenant's mailbox is full it is tried again.
    func refuse(_ error: TenantsError) { if case .busy = error { engine.compactions.putBack(compaction) } }
    func release() {}
}

extension SQLFailure {
    init(compaction error: TenantsError) {
        switch error {
        case .diskFull: self = .diskFull
        case .storage(let message): self = .sqlite(SQLiteError(extendedCode: SQLITE_IOERR, message: message))
        default: self = .busy
        }
    }
}
