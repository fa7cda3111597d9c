import Seams
import Vocabulary

/// The desk's file work, piece by piece, so that one tenant's large history does not hold up the others'.
extension ReplicaDesk {
    /// - Returns: nil where there is none, or none that can be trusted.
    func load(_ tenant: TenantID) async throws -> ReplicaLedger? {
        let loading = try await work { [folder, files] () throws(FileError) -> ReplicaLoading? in
            guard let generation = try folder.newest(of: tenant, files) else { return nil }
            return try ReplicaLoading(tenant, generation, in: folder, files)
        }
        guard let loading else { return nil }
        while try await !work({ () throws(FileError) in try loading.step() }) {}
        return loading.ledger
    }

    func make(_ source: ReplicaSource, of tenant: TenantID, _ generation: UInt32) async throws -> ReplicaLedger {
        let making = ReplicaMaking(source, of: tenant, generation, in: folder, files)
        do {
            while try await !work({ () throws(FileError) in try making.step() }) {}
        } catch {
            try? await work { () throws(FileError) in making.undo() }
            throw error
        }
        guard let ledger = making.ledger else { throw TenantsError.storage("a replica's history was not made") }
        // The older ones' files; who reads them goes on.
        _ = try await work { [folder, files] () throws(FileError) in try folder.newest(of: tenant, files) }
        return ledger
    }

    /// Begins a generation with what this one ends at, and what was pushed over it.
    func renew(_ ledger: ReplicaLedger, _ plan: ReplicaRenewal.Plan) async throws -> ReplicaLedger {
        let renewal = ReplicaRenewal(ledger, plan, in: folder, files)
        do {
            while try await !work({ () throws(FileError) in try renewal.step() }) {}
        } catch {
            try? await work { () throws(FileError) in renewal.undo() }
            throw error
        }
        guard let made = renewal.ledger else { throw TenantsError.storage("a replica's history was not made") }
        // The older one's files; who reads them goes on.
        _ = try? await work { [folder, files] () throws(FileError) in try folder.newest(of: ledger.tenant, files) }
        return made
    }

    func append(_ source: ReplicaSource, to ledger: ReplicaLedger) async throws {
        let appending = ReplicaAppending(source, to: ledger)
        while try await !work({ () throws(FileError) in try appending.step() }) {}
        note(ledger)
    }

    /// - Parameter change: since what the log has.
    func append(_ change: ReplicaPages, to ledger: ReplicaLedger) async throws {
        try await work { () throws(FileError) in
            var commit = ReplicaCommit(ledger, at: change.bookmark, pageCount: change.pageCount)
            for page in change.pages { try commit.take(page.bytes, from: page.number) }
            try commit.finish()
        }
        note(ledger)
    }

    /// By whoever has the tenant's turn.
    func discard(_ entry: Entry, _ ledger: ReplicaLedger) async throws {
        entry.hold(nil)
        try await work { [folder, files] () throws(FileError) in try folder.remove(ledger.tenant, files) }
        noteRemoved(ledger.tenant)
    }
}
