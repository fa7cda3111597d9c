import Journal
import SQLiteKit
import Seams
package import Vocabulary

/// One replacement of a tenant's content by a file, while its writers are held for it.
final class Replacement: Sendable {
    let tenant: TenantID
    /// What the tenant must be at.
    let expected: BookmarkCondition
    /// The file is what the tenant is, and what a replica has written on it: one more commit. Transactions that are open end as
    /// they do for any writer that waits, connections stay. Else all that is open is of another content, and ends.
    let isCommit: Bool

    init(_ tenant: TenantID, _ expected: BookmarkCondition, isCommit: Bool = false) {
        self.tenant = tenant
        self.expected = expected
        self.isCommit = isCommit
    }
}

/// What a tenant must be for something to be done to it.
package enum BookmarkCondition: Equatable, Sendable {
    case none
    /// One of these: exactly as its client saw it.
    case oneOf([Bookmark])

    package func isMet(by bookmark: Bookmark) -> Bool {
        switch self {
        case .none: true
        case .oneOf(let bookmarks): bookmarks.contains(bookmark)
        }
    }
}

/// A step of an uploader's on the tenant's thread.
protocol ReplacementWork: TenantWork {
    associatedtype Value: Sendable
    /// nil stands for "not now": somebody still reads or writes, or the tenant changes hands.
    var answer: BlockingResult<Result<Value?, UploadFailure>> { get }
}

extension ReplacementWork {
    /// It was closed and is open now; the next look finds it.
    func run(on database: TenantDatabase) -> WorkOutcome {
        answer.set(.success(nil))
        return .done(after: .none)
    }
    func refuse(_ error: TenantsError) { answer.set(.failure(.engine(error))) }
    func release() {}
}

/// Tries once to hold the tenant's writers. Open transactions end at once: what they would commit would be gone a moment later.
final class HoldForReplacementWork: ReplacementWork {
    let answer = BlockingResult<Result<HeldTenant?, UploadFailure>>()
    private let engine: TenantEngine
    private let replacement: Replacement
    private let endsReads: Bool

    init(_ engine: TenantEngine, _ replacement: Replacement, endsReads: Bool) {
        self.engine = engine
        self.replacement = replacement
        self.endsReads = endsReads
    }

    func handle(_ tenant: Tenant) -> Bool {
        guard let database = tenant.openDatabase else { return false }
        // A move or a compaction has it; these end by themselves, or the tenant is gone.
        guard database.replacement === replacement || database.hold == .none else {
            answer.set(.success(nil))
            return true
        }
        guard replacement.expected.isMet(by: database.bookmark) else {
            answer.set(.failure(.bookmarkMismatch))
            return true
        }
        database.replacement = replacement
        if !replacement.isCommit {
            database.endTransactions(.replaced)
            if endsReads { database.readers.recall(.tenantLeaves) }
        } else if endsReads {
            database.endEverythingOpen()
        }
        // Nothing new begins until they have come back: slow reads that follow one another must not keep the writers for ever.
        if endsReads, tenant.mustAwaitReaders(recalling: true) { return true }
        do throws(TenantsError) {
            switch try FreezeStep(engine: engine, ends: false).attempt(tenant, database, for: self) {
            case nil: break
            case .waiting?: answer.set(.success(nil))
            case .done(let state)?:
                answer.set(.success(HeldTenant(state: state, file: database.file, memory: database.memory)))
            }
        } catch {
            answer.set(.failure(.engine(error)))
        }
        return true
    }
}

/// Tells the journal of the new file and lets the tenant go on in it, with connections that have seen nothing else.
final class SwitchToUploadedWork: ReplacementWork {
    let answer = BlockingResult<Result<SwitchedTenant?, UploadFailure>>()
    private let engine: TenantEngine
    private let replacement: Replacement
    private let held: HeldTenant
    private let next: TenantState
    private let place: String
    private let endsReads: Bool

    /// - Parameter endsReads: reads that are in the way are ended; else it is tried again when they have ended by themselves.
    init(
        _ engine: TenantEngine, _ replacement: Replacement, _ held: HeldTenant, _ uploaded: UploadedDatabase,
        endsReads: Bool
    ) {
        self.engine = engine
        self.replacement = replacement
        self.held = held
        self.endsReads = endsReads
        place = uploaded.place
        var next = held.state
        next.generation = uploaded.generation
        next.txid = held.state.txid.next
        next.time = max(held.state.time, engine.context.time.wall())
        next.pageCount = uploaded.pageCount
        next.checksum = uploaded.checksum
        self.next = next
    }

    func handle(_ tenant: Tenant) -> Bool {
        guard let database = tenant.openDatabase, database.replacement === replacement, database.hold == .frozen,
            database.state == held.state, engine.journal.ended == nil
        else {
            answer.set(.failure(.engine(.moving(tenant.id))))
            return true
        }
        if endsReads {
            if replacement.isCommit { database.endEverythingOpen() }
            if tenant.mustAwaitReaders(recalling: true) { return true }
        }
        guard database.readers.isEmpty else {
            answer.set(.success(nil))
            return true
        }
        do throws(TenantsError) {
            answer.set(.success(try switchOver(tenant, database)))
        } catch {
            answer.set(.failure(.engine(error)))
        }
        return true
    }

    private func switchOver(_ tenant: Tenant, _ database: TenantDatabase) throws(TenantsError) -> SwitchedTenant? {
        if !replacement.isCommit { database.closeConnections(.replaced) }
        guard let lsn = try append(next, on: database) else { return nil }
        engine.census.put(tenant.id, next)
        if replacement.isCommit {
            database.noteTaken()
            engine.context.notices.tell(.pushed(tenant.id, before: held.state, after: next))
        } else {
            engine.context.notices.tell(.replaced(tenant.id, before: held.state, after: next))
        }
        let (removals, old) = (engine.removals, engine.layout.path(of: tenant.id, held.state.generation))
        engine.journal.whenDurable(lsn, RunWhenDurable { removals.add(old) })
        database.letGo(of: replacement)
        return SwitchedTenant(state: next, lsn: lsn)
    }

    /// - Returns: nil while somebody reads, and while the journal has no room: that would be no reason to throw the file away.
    private func append(_ next: TenantState, on database: TenantDatabase) throws(TenantsError) -> LSN? {
        do throws(TenantsError) {
            return try database.goOn(in: place, as: next, previous: held.state.generation, engine.events)
        } catch {
            guard case .busy = error, engine.journal.ended == nil else { throw error }
            return nil
        }
    }
}

/// It has happened when the record is durable.
struct SwitchedTenant: Sendable {
    let state: TenantState
    let lsn: LSN
}

/// The writers go on, in the file as it is.
final class EndReplacementWork: ReplacementWork {
    let answer = BlockingResult<Result<Bool?, UploadFailure>>()
    private let replacement: Replacement

    init(_ replacement: Replacement) { self.replacement = replacement }

    func handle(_ tenant: Tenant) -> Bool {
        tenant.openDatabase?.letGo(of: replacement)
        answer.set(.success(true))
        return true
    }
}
