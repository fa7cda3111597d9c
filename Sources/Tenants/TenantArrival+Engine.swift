import Journal
import Seams
package import Vocabulary

extension TenantEngine {
    /// Makes room for a copy of a tenant.
    ///
    /// - Parameters:
    ///   - announced: as the source says; its generation and epoch are not ours and not used.
    ///   - isFollowed: pages that change meanwhile come after it.
    /// - Throws: `TenantsError.diskFull` where the copy would not fit, `.storage`; `ArrivalFailure.olderThanHere`.
    package func beginArrival(
        of id: TenantID, _ announced: TenantState, isFollowed: Bool = false
    ) async throws -> TenantArrival {
        if let here = census.find(id), here.epoch >= announced.epoch { throw ArrivalFailure.olderThanHere }
        let (files, layout) = (files, layout)
        return try await clerk.run { () throws(TenantsError) in
            var expected = announced
            expected.generation = try self.nextGeneration()
            let path = layout.arrivalPath(of: id, expected.generation)
            do throws(FileError) {
                try files.makeDirectory(layout.arrivals)
                try files.syncDirectory(layout.directory)
                let bytes = Int64(announced.pageCount) * Int64(PageHash.pageSize)
                while try files.freeBytes(holding: layout.arrivals) <= bytes {
                    guard self.makeRoom() else { throw FileError.full(path: path) }
                }
                return TenantArrival(
                    tenant: id, expected: expected, isFollowed: isFollowed, path: path,
                    file: try files.open(path, .createNew), engine: self)
            } catch {
                throw error.asTenantsError
            }
        }
    }

    /// Makes the copy this node's file of the tenant. When it returns that is durable: a crash from then on finds the
    /// tenant under the new epoch. Safe to repeat, also by another process after a crash.
    ///
    /// - Parameter state: what the manifest says.
    /// - Parameter epoch: the new one, of the row that names this node.
    /// - Throws: `ArrivalFailure.olderThanHere`; `TenantsError`, after which it may be tried again.
    package func adopt(_ id: TenantID, _ state: TenantState, epoch: Epoch) async throws -> TenantState {
        var adopted = state
        adopted.epoch = epoch
        if census.find(id) == adopted { return adopted }
        let (files, layout) = (files, layout)
        try await clerk.run { () throws(TenantsError) in
            do throws(FileError) { try ArrivalFiles(files: files, layout: layout).moveIn(id, state.generation) } catch {
                throw error.asTenantsError
            }
        }
        let ready = adopted
        let isNewer = try await withCheckedThrowingContinuation { continuation in
            submitUrgently(AdoptWork(engine: self, id: id, state: ready, Reply(continuation)), to: id)
        }
        guard isNewer else { throw ArrivalFailure.olderThanHere }
        return adopted
    }

    /// Drops a copy that is not needed. What a crash leaves of it is found at the next start.
    ///
    /// - Parameter keeping: put it into `lost+found`, to be looked at.
    package func discardArrival(of id: TenantID, _ generation: Generation, keeping: Bool) async {
        let (files, layout) = (files, layout)
        try? await clerk.run { () throws(TenantsError) in
            ArrivalFiles(files: files, layout: layout).discard(id, generation, keeping: keeping)
        }
    }
}

/// Tells the journal, then everybody (rule J8).
private final class AdoptWork: TenantWork, @unchecked Sendable {
    // @unchecked: `result` is written on the tenant's thread and read when the work is released, which comes after.
    private let engine: TenantEngine
    private let id: TenantID
    private let state: TenantState
    private let reply: Reply<Bool>
    private var result: Result<Bool, TenantsError>?

    init(engine: TenantEngine, id: TenantID, state: TenantState, _ reply: Reply<Bool>) {
        self.engine = engine
        self.id = id
        self.state = state
        self.reply = reply
    }

    func handle(_ tenant: Tenant) -> Bool {
        if tenant.mustAwaitReaders(recalling: true) { return true }
        do throws(TenantsError) {
            result = .success(try adopt(tenant))
        } catch {
            result = .failure(error)
        }
        return true
    }

    /// - Returns: false if what is here is as new.
    private func adopt(_ tenant: Tenant) throws(TenantsError) -> Bool {
        let here = tenant.openDatabase?.state ?? engine.census.find(id)
        if let here, here.epoch >= state.epoch { return here.generation == state.generation }
        let lsn = try engine.events.replaced(id, state, previous: here?.generation ?? .none)
        tenant.noteEvent(lsn)
        tenant.abandonDatabase()
        engine.census.clearDamage(of: id)
        engine.census.put(id, state)
        // It may have left this node before.
        tenant.bar(nil, replacing: .moving(id))
        if let here {
            let path = engine.layout.path(of: id, here.generation)
            let removals = engine.removals
            engine.journal.whenDurable(lsn, RunWhenDurable { removals.add(path) })
        }
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { reply.send(.failure(error)) }
    /// The record is durable.
    func release() { reply.send(result!) }
}

/// Where copies on their way lie, and how they get to their place.
struct ArrivalFiles {
    let files: any Files
    let layout: TenantLayout

    /// From aside to the tenant's place, durably. Repeating it is harmless.
    func moveIn(_ id: TenantID, _ generation: Generation) throws(FileError) {
        let folder = layout.folder(of: id)
        let place = layout.path(of: id, generation)
        try files.makeDirectory(folder)
        let aside = layout.arrivalPath(of: id, generation)
        if try files.size(of: aside) != nil {
            try files.rename(aside, to: place)
        } else if try files.size(of: place) == nil {
            throw .notFound(path: aside)
        }
        for folder in layout.folders(of: id) { try files.syncDirectory(folder) }
        try files.syncDirectory(layout.arrivals)
    }

    /// Best effort: the disk may be what failed.
    func discard(_ id: TenantID, _ generation: Generation, keeping: Bool) {
        let aside = layout.arrivalPath(of: id, generation)
        if keeping {
            try? files.makeDirectory(layout.lostAndFound)
            try? files.rename(aside, to: "\(layout.lostAndFound)/arrival-\(id).\(generation).sqlite")
        } else {
            try? files.remove(aside)
        }
        try? files.remove(layout.manifestPath(of: id, generation))
        try? files.syncDirectory(layout.arrivals)
    }
}

extension TenantLayout {
    func arrivalPath(of tenant: TenantID, _ generation: Generation) -> String {
        "\(arrivals)/\(tenant).\(generation).sqlite"
    }

    func manifestPath(of tenant: TenantID, _ generation: Generation) -> String {
        "\(arrivals)/\(tenant).\(generation).manifest"
    }
}
