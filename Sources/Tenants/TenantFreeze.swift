import Journal
import SQLiteKit
import Seams
package import Vocabulary

/// How far a tenant is closed to writers because it changes hands. On the tenant's thread.
enum WriteHold: Sendable {
    case none
    /// Nothing that writes begins; transactions that are open may end.
    case closing
    /// Nothing writes, and the file alone is the tenant.
    case frozen
}

extension TenantEngine {
    /// Between two looks at whether open transactions have ended.
    private static let look: UInt64 = 10_000_000
    /// That a tenant's thread is given to come to a work when there is no patience left.
    private static let turn: UInt64 = 500_000_000

    /// Parks the tenant's writes: from the call on, nothing that writes and no transaction begins; what wants to waits in
    /// the tenant's line as if another caller were writing. When open transactions and half-read results have ended and
    /// every commit is durable, the log is copied into the file, which alone is the tenant then. Reads go on.
    ///
    /// A frozen tenant stays so, and open, until `thaw`, `entomb` or the end of the process; where this throws it is
    /// thawed already.
    ///
    /// - Parameters:
    ///   - patience: nanoseconds that open transactions are given.
    ///   - endingTransactions: those that are still open are then rolled back, and their clients told so; else this fails.
    ///   - sleep: nanoseconds; ends early, by throwing, when the task is cancelled.
    /// - Returns: what is in the file.
    /// - Throws: `FreezeFailure` where a client held on; `TenantsError.notFound`, `.damaged`, `.storage`; what `sleep` throws.
    package func freeze(
        _ id: TenantID, patience: UInt64, endingTransactions: Bool, sleep: (UInt64) async throws -> Void
    ) async throws -> TenantState {
        do {
            return try await repeating(patience, sleep, ends: endingTransactions) { ends in
                try await withCheckedThrowingContinuation { continuation in
                    submitUrgently(FreezeWork(engine: self, ends: ends, Reply(continuation)), to: id)
                }
            }
        } catch {
            try? await thaw(id)
            throw error
        }
    }

    /// Parks the tenant's reads too (rule R3): new works are refused with `.moving` without anything of them being run, and
    /// every read that was taken has ended when this returns. To be called on a frozen tenant.
    ///
    /// Slow reads are waited for with the door open for half of the time that there is. Then nothing new is let in, what was
    /// taken runs, and results that clients have read half are read to their end.
    ///
    /// - Parameters:
    ///   - patience: nanoseconds for both together.
    ///   - endingReads: what still holds on then is ended, and its client told so; else this fails.
    /// - Throws: as `freeze`; works are let in again then, at once, and the tenant is still frozen.
    package func parkReads(
        _ id: TenantID, patience: UInt64, endingReads: Bool, sleep: @escaping @Sendable (UInt64) async throws -> Void
    ) async throws {
        do {
            try await parkingReads(id, patience, endingReads, sleep)
        } catch {
            // From here and not by a work, which would have to wait behind whatever holds the tenant's thread.
            find(id).bar(nil, replacing: .moving(id))
            throw error
        }
    }

    private func parkingReads(
        _ id: TenantID, _ patience: UInt64, _ endingReads: Bool,
        _ sleep: @escaping @Sendable (UInt64) async throws -> Void
    ) async throws {
        let start = context.time.monotonic()
        let (shut, deadline) = (start.advanced(byNanoseconds: patience / 2), start.advanced(byNanoseconds: patience))
        while true {
            let now = context.time.monotonic()
            let isLast = now >= deadline
            let door = isLast && endingReads ? ParkReadsWork.Door.cleared : now >= shut ? .shut : .open
            let limit = isLast ? now.advanced(byNanoseconds: Self.turn) : deadline
            let step = try await askToPark(id, door, until: limit, sleep)
            if case .done? = step { return }
            if isLast, !endingReads { throw FreezeFailure.stillInUse }
            try await sleep(Self.look)
        }
    }

    /// - Returns: nil if the tenant's thread did not come to it by then.
    private func askToPark(
        _ id: TenantID, _ door: ParkReadsWork.Door, until limit: Instant,
        _ sleep: @escaping @Sendable (UInt64) async throws -> Void
    ) async throws -> HoldStep? {
        let reply = PatientReply<HoldStep>()
        submitUrgently(ParkReadsWork(door, reply), to: id)
        let time = context.time
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let now = time.monotonic()
                if now < limit { try? await sleep(limit.nanoseconds(since: now)) }
                reply.abandon()
            }
            defer { group.cancelAll() }
            return try await reply.value()
        }
    }

    /// Everything runs again, what waited first.
    ///
    /// - Throws: `.shuttingDown`.
    package func thaw(_ id: TenantID) async throws {
        try await withCheckedThrowingContinuation { continuation in
            submitUrgently(ThawWork(Reply(continuation)), to: id)
        }
    }

    private func repeating(
        _ patience: UInt64, _ sleep: (UInt64) async throws -> Void, ends: Bool,
        _ attempt: (_ ends: Bool) async throws -> HoldStep
    ) async throws -> TenantState {
        let deadline = context.time.monotonic().advanced(byNanoseconds: patience)
        while true {
            let isLast = context.time.monotonic() >= deadline
            switch try await attempt(isLast && ends) {
            case .done(let state): return state
            case .waiting where isLast && !ends: throw FreezeFailure.stillInUse
            case .waiting: try await sleep(Self.look)
            }
        }
    }
}

/// The tenant cannot change hands now.
package enum FreezeFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Transactions or half-read results held on for longer than they were given.
    case stillInUse

    package var description: String { "a client holds a transaction, or a result that it has not read to its end" }
}

enum HoldStep: Sendable {
    case done(TenantState)
    /// Somebody still reads or writes.
    case waiting
}

extension TenantDatabase {
    /// Whether a statement that may write, or that begins a transaction, has to wait because the tenant changes hands.
    func parks(_ stream: TenantStream) -> Bool {
        switch hold {
        case .none: false
        // Those that are inside one may go on to their end.
        case .closing: stream.transactionStarted == nil
        case .frozen: true
        }
    }

    /// Rolls back every transaction and ends every half-read result; the clients are told as if others had waited for
    /// them too long.
    func endEverythingOpen() {
        readers.recall(.tenantLeaves)
        endTransactions(.transactionTimedOut)
    }
}

/// Tries once to freeze the tenant, on its thread.
private final class FreezeWork: TenantWork {
    private let engine: TenantEngine
    private let ends: Bool
    private let reply: Reply<HoldStep>

    init(engine: TenantEngine, ends: Bool, _ reply: Reply<HoldStep>) {
        self.engine = engine
        self.ends = ends
        self.reply = reply
    }

    func handle(_ tenant: Tenant) -> Bool {
        guard let database = tenant.openDatabase else { return false }
        if database.isHeldForAnotherFile {
            reply.send(.success(.waiting))
            return true
        }
        do throws(TenantsError) {
            let step = try FreezeStep(engine: engine, ends: ends).attempt(tenant, database, for: self)
            if let step { reply.send(.success(step)) }
        } catch {
            reply.send(.failure(error))
        }
        return true
    }

    /// It was closed and is open now; the next look freezes it.
    func run(on database: TenantDatabase) -> WorkOutcome {
        database.hold = .closing
        reply.send(.success(.waiting))
        return .done(after: .none)
    }

    func refuse(_ error: TenantsError) { reply.send(.failure(error)) }
    func release() {}
}

/// One attempt to have nothing written and nothing open, and the file alone be the tenant. On the tenant's thread.
struct FreezeStep {
    let engine: TenantEngine
    /// Whoever is inside a transaction or a result is thrown out.
    let ends: Bool

    /// - Returns: nil if the tenant pauses for a flush and `work` is called again after it.
    func attempt(
        _ tenant: Tenant, _ database: TenantDatabase, for work: any TenantWork
    ) throws(TenantsError) -> HoldStep? {
        if database.hold == .none { database.hold = .closing }
        if ends { database.endEverythingOpen() }
        guard !database.hasBusyConnection else { return .waiting }
        // Only durable commits may reach the file (rule J2).
        guard database.newestLSN <= engine.journal.durableLSN else {
            // Nothing will be durable any more.
            guard engine.journal.ended == nil else { throw .outcomeUnknown }
            tenant.hold(work, until: database.newestLSN)
            return nil
        }
        guard try copyLog(database) else { return .waiting }
        database.hold = .frozen
        database.recorder.isHeld = true
        engine.census.put(tenant.id, database.state)
        return .done(database.state)
    }

    private func copyLog(_ database: TenantDatabase) throws(TenantsError) -> Bool {
        do {
            guard try database.checkpoint(), database.file.logBytes == 0 else { return false }
        } catch {
            guard error.isDiskFull else { throw .storage(error.message) }
            engine.journal.reportDiskFull()
            throw .diskFull
        }
        guard database.file.fileSize == Int64(database.state.pageCount) * Int64(PageHash.pageSize) else {
            throw .storage("its file has \(database.file.fileSize) bytes for \(database.state.pageCount) pages")
        }
        guard database.state.isChecksumKnown else { throw .storage("its file cannot be read to compute its checksum") }
        return true
    }
}

/// Tries once to park the tenant's reads.
private final class ParkReadsWork: TenantWork {
    enum Door {
        /// As long as slow reads run, others may come.
        case open
        case shut
        /// Whatever still runs is ended.
        case cleared
    }

    private let door: Door
    private let reply: PatientReply<HoldStep>

    init(_ door: Door, _ reply: PatientReply<HoldStep>) {
        self.door = door
        self.reply = reply
    }

    func handle(_ tenant: Tenant) -> Bool {
        // One that comes too late must not touch the bar: by then it may be another move's.
        guard reply.claim() else { return true }
        guard let database = tenant.openDatabase, database.hold == .frozen else {
            reply.send(.failure(.storage("its reads are parked only while it is frozen")))
            return true
        }
        if door == .cleared { database.endEverythingOpen() }
        guard door != .open || database.readers.isEmpty else {
            reply.send(.success(.waiting))
            return true
        }
        let isParked = tenant.park(whileBusy: database.hasBusyConnection)
        reply.send(.success(isParked ? .done(database.state) : .waiting))
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { if reply.claim() { reply.send(.failure(error)) } }
    func release() {}
}

private final class ThawWork: TenantWork {
    private let reply: Reply<Void>

    init(_ reply: Reply<Void>) { self.reply = reply }

    /// Who waits is run when this returns.
    func handle(_ tenant: Tenant) -> Bool {
        tenant.bar(nil, replacing: .moving(tenant.id))
        if let database = tenant.openDatabase, !database.isHeldForAnotherFile { database.thaw() }
        reply.send(.success(()))
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { reply.send(.failure(error)) }
    func release() {}
}
