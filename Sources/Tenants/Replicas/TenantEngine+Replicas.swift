package import Seams
package import Vocabulary

/// Who asks for a tenant's history, and until when.
package struct ReplicaCall: Sendable {
    package var tenant: TenantID
    package var deadline: Instant
    package var cancellation: WorkCancellation?
    /// Gives the tenant a number for a generation: even, and larger than any that it ever had anywhere.
    package var nextGeneration: @Sendable () async throws -> UInt32

    package init(
        tenant: TenantID, deadline: Instant, cancellation: WorkCancellation? = nil,
        nextGeneration: @escaping @Sendable () async throws -> UInt32
    ) {
        self.tenant = tenant
        self.deadline = deadline
        self.cancellation = cancellation
        self.nextGeneration = nextGeneration
    }
}

/// What a replica is told that asks for frames.
package enum ReplicaReply: Sendable {
    case frames(ReplicaContent)
    /// There is nothing more in its generation. The newest is this; where that is its own, it has everything.
    case generation(UInt32, at: Bookmark)
    /// What it comes with was never given to it.
    case startAgain
}

extension TenantEngine {
    /// The generation that a new replica begins with. Begins a history where there is none.
    ///
    /// - Throws: `TenantsError`, and what `nextGeneration` throws.
    package func replicaGeneration(_ call: ReplicaCall) async throws -> UInt32 {
        try await replicas.withTurn(of: call.tenant) { entry in
            try await self.ledger(entry, call).history.generation
        }
    }

    /// The first state of a generation, as a database file.
    ///
    /// - Returns: nil where it is not the newest generation.
    /// - Throws: as `replicaGeneration`.
    package func replicaExport(_ generation: UInt32, _ call: ReplicaCall) async throws -> ReplicaContent? {
        try await replicas.withTurn(of: call.tenant) { entry in
            let ledger = try await self.ledger(entry, call)
            return ledger.history.generation == generation ? .file(ledger, self.replicas.reader) : nil
        }
    }

    /// What comes after the position. A replica that has everything given out so far gets what the tenant is now.
    ///
    /// - Throws: as `replicaGeneration`.
    package func replicaPull(_ position: ReplicaPosition, _ call: ReplicaCall) async throws -> ReplicaReply {
        try await replicas.withTurn(of: call.tenant) { entry in
            var ledger = try await self.ledger(entry, call)
            switch ledger.history.answer(to: position) {
            case .atEnd:
                ledger = try await self.goOn(entry, ledger, call)
                // It has nothing of its own to push now, else it would; who always has would never come to another generation.
                if ledger.isLong(beyond: self.settings.replicaLogBytes, times: 2) {
                    ledger = try await self.begin(entry, call)
                }
            // Another node may have given these numbers, before the tenant came back here.
            case .startAgain: ledger = try await self.current(entry, ledger, call)
            case .image, .frames, .goOn: break
            }
            let bookmark = ledger.history.bookmark
            switch ledger.history.answer(to: position) {
            case .image: return .frames(.image(ledger, self.replicas.reader))
            case .frames(let frames): return .frames(.frames(ledger, frames, self.replicas.reader))
            case .atEnd: return .generation(ledger.history.generation, at: bookmark)
            case .goOn(let generation): return .generation(generation, at: bookmark)
            case .startAgain: return .startAgain
            }
        }
    }

    // MARK: Histories

    /// The tenant's history: the open one, the one on the disk if nobody else has had the tenant since, or a new one.
    func ledger(_ entry: ReplicaDesk.Entry, _ call: ReplicaCall) async throws -> ReplicaLedger {
        if let open = entry.ledger {
            return replicas.isDropped(call.tenant) ? try await current(entry, open, call) : open
        }
        if let found = try await replicas.load(call.tenant) {
            return try await current(entry, found, call)
        }
        return try await begin(entry, call)
    }

    /// The history if nobody else has had the tenant since, or a new one. What it is at is not changed: numbers that were not
    /// given must not come to be while somebody asks for them.
    func current(
        _ entry: ReplicaDesk.Entry, _ found: ReplicaLedger, _ call: ReplicaCall
    ) async throws -> ReplicaLedger {
        let bookmark = try await perform(on: call.tenant) { $0.bookmark }
        guard found.history.mayGoOn(to: bookmark) else { return try await begin(entry, call) }
        entry.hold(found)
        replicas.note(found)
        return found
    }

    func begin(_ entry: ReplicaDesk.Entry, _ call: ReplicaCall) async throws -> ReplicaLedger {
        guard case .made(let copy) = try await copy(call, unless: { _ in false }) else {
            throw TenantsError.storage("copy of the tenant: none was made")
        }
        return try await begin(entry, copy, call)
    }

    func goOn(
        _ entry: ReplicaDesk.Entry, _ ledger: ReplicaLedger, _ call: ReplicaCall
    ) async throws -> ReplicaLedger {
        let known = ledger.history.bookmark
        switch try await change(call, since: known) {
        case .nothing: return ledger
        case .pages(let pages) where mayGoOn(ledger, to: pages.bookmark):
            try await append(entry, ledger) { try await self.replicas.append(pages, to: ledger) }
            return ledger
        case .pages, .unknown: break
        }
        guard case .made(let copy) = try await copy(call, unless: { $0 == known }) else { return ledger }
        guard mayGoOn(ledger, to: copy.bookmark) else { return try await begin(entry, copy, call) }
        try await append(entry, ledger) {
            try await self.replicas.append(ReplicaSource(snapshot: copy), to: ledger)
        }
        return ledger
    }

    private func mayGoOn(_ ledger: ReplicaLedger, to bookmark: Bookmark) -> Bool {
        ledger.history.mayGoOn(to: bookmark) && !ledger.isLong(beyond: settings.replicaLogBytes)
    }

    func append(
        _ entry: ReplicaDesk.Entry, _ ledger: ReplicaLedger, _ body: () async throws -> Void
    ) async throws {
        do {
            try await body()
        } catch TenantsError.busy(let queue) {
            // Nothing of it counts; the next one does the same.
            try? await replicas.work { () throws(FileError) in try ledger.trim() }
            throw TenantsError.busy(queue: queue)
        } catch {
            // What a failed write has left cannot be trusted (rule J6).
            try? await replicas.discard(entry, ledger)
            throw error
        }
    }

    private func change(_ call: ReplicaCall, since known: Bookmark) async throws -> ReplicaChange {
        try await withCheckedThrowingContinuation { continuation in
            let work = ReplicaPagesWork(
                since: known, deadline: call.deadline, call.cancellation, Reply(continuation))
            submit(work, to: call.tenant)
        }
    }

    private func begin(
        _ entry: ReplicaDesk.Entry, _ copy: TenantSnapshot, _ call: ReplicaCall
    ) async throws -> ReplicaLedger {
        let source = ReplicaSource(snapshot: copy)
        try await replicas.makeRoom(for: copy.byteCount, of: call.tenant)
        let made = try await replicas.make(source, of: call.tenant, try await call.nextGeneration())
        entry.hold(made)
        replicas.note(made)
        return made
    }

    private func copy(
        _ call: ReplicaCall, unless known: @escaping @Sendable (Bookmark) -> Bool
    ) async throws -> SnapshotOutcome {
        try await snapshot(
            call.tenant, deadline: call.deadline, cancellation: call.cancellation, notesChanges: true, unless: known)
    }
}
