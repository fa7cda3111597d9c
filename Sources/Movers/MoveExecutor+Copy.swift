import Catalog
import Rebalancing
import Seams
import Tenants
import Vocabulary

/// The steps that bring the tenant's pages to the other node.
extension MoveExecutor {
    // MARK: Whole, while writes are parked

    func copyFrozen(_ memory: inout Memory) async -> MoveEvent {
        guard let state = memory.frozen else { return .targetFailed("nothing to copy") }
        let pages = site.engine.export(order.tenant, state, piecePages: site.budgets.piecePages)
        return await copy(pages, of: nil, offer(memory, state), &memory)
    }

    // MARK: Beside the writes

    func copyFollowed(_ memory: inout Memory) async -> MoveEvent {
        let file: FollowedFile
        do {
            file = try await site.patiently { try await site.engine.follow(order.tenant) }
        } catch {
            return .sourceFailed("\(error)")
        }
        memory.followed = file
        let pages = site.engine.export(file, piecePages: site.budgets.piecePages)
        return await copy(pages, of: file, offer(memory, file.base), &memory)
    }

    /// Until what is left is little: writes go on all the while.
    func streamTail(_ memory: inout Memory) async -> MoveEvent {
        guard let file = memory.followed else { return .sourceFailed("nothing is followed") }
        let (first, pace, copied) = (memory.batches, TailPace(site.budgets.tail), memory.bytes)
        await report(.tailing, bytes: memory.bytes)
        let sender = sender(file, offer(memory, file.state), site.budgets.silence)
        let bytes = Int64(file.state.pageCount) * Int64(PageHash.pageSize)
        let outcome = await bounded(site.budgets.following + site.budgets.copying(bytes)) {
            try await sender.send(after: first, until: pace, copied: copied)
        }
        return sent(outcome, &memory) ?? .tailShort
    }

    /// What changed until the freeze, then the target's word for it.
    func awaitTarget(_ memory: inout Memory) async -> MoveEvent {
        guard let state = memory.frozen else { return .sourceFailed("nothing to compare") }
        let first = memory.batches
        if let file = memory.followed {
            let sender = sender(file, offer(memory, state), site.budgets.lastPages / 3)
            let outcome = await bounded(site.budgets.lastPages) { try await sender.sendAll(after: first) }
            if let failure = sent(outcome, &memory) { return failure }
        }
        return await compare(offer(memory, state))
    }

    private func compare(_ offer: MoveOffer) async -> MoveEvent {
        let (site, address) = (site, address)
        let outcome = await bounded(site.budgets.position) {
            try await site.peers.position(
                offer, at: address, timeout: .nanoseconds(Int64(site.budgets.position)))
        }
        if case .done(let position) = outcome { return .targetSynced(position) }
        return Self.failure(outcome)
    }

    private func sender(_ file: FollowedFile, _ offer: MoveOffer, _ timeout: UInt64) -> TailSender {
        TailSender(file: file, offer: offer, address: address, site: site, timeout: timeout)
    }

    /// - Returns: nil where it went well.
    private func sent(_ outcome: Bounded<TailSender.Sent>, _ memory: inout Memory) -> MoveEvent? {
        switch outcome {
        case .done(let sent):
            memory.batches = sent.batches
            memory.bytes += sent.bytes
            return nil
        case .failed, .timeout, .cancelled: return Self.failure(outcome)
        }
    }

    func stopFollowing(_ memory: inout Memory) async {
        guard let file = memory.followed else { return }
        memory.followed = nil
        // Until then the tenant stays open. An engine that refuses it otherwise is shutting down.
        try? await site.patiently { try await site.engine.stopFollowing(file) }
    }

    // MARK: Pieces

    private func offer(_ memory: Memory, _ state: TenantState) -> MoveOffer {
        MoveOffer(order: order, version: memory.version, state: state)
    }

    private func copy(
        _ pages: TenantPages, of file: FollowedFile?, _ offer: MoveOffer, _ memory: inout Memory
    ) async -> MoveEvent {
        let budget = site.budgets.copying(pages.byteCount)
        let (site, order, address) = (site, order, address)
        let outcome = await bounded(budget) {
            try await Self.reporting(order, pages.progress, site) {
                try await Self.send(offer, pages, of: file, to: address, site)
                try await site.repeating(site.budgets.silence) { timeout in
                    try await site.peers.finish(offer, at: address, timeout: timeout)
                }
            }
        }
        guard case .done = outcome else { return Self.failure(outcome) }
        memory.bytes += pages.byteCount
        return .baseCopied
    }

    private static func send(
        _ offer: MoveOffer, _ pages: TenantPages, of file: FollowedFile?, to address: String, _ site: MoveSite
    ) async throws {
        var offset: Int64 = 0
        for try await piece in pages {
            // A file that was replaced is not sent to its end.
            if let file, try await !site.patiently({ try await site.engine.isFollowed(file) }) {
                throw FollowFailure.anotherFile
            }
            let start = offset
            try await site.repeating(site.budgets.silence) { timeout in
                try await site.peers.send(piece, at: start, offer, to: address, timeout: timeout)
            }
            offset += Int64(piece.count)
        }
    }

    /// Shows now and then how far the copy is.
    private static func reporting(
        _ order: MoveOrder, _ progress: PageProgress, _ site: MoveSite,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return true
            }
            group.addTask {
                while (try? await site.sleep(site.budgets.report)) != nil {
                    try? await site.moves.progress(
                        order.id, state: .copying, bytes: progress.bytes, at: site.time.wall())
                }
                return false
            }
            defer { group.cancelAll() }
            while let isCopied = try await group.next(), !isCopied {}
        }
    }
}

extension MoveSite {
    /// What may have come or not is sent again: the target knows what it has.
    ///
    /// - Parameter timeout: of each time.
    /// - Throws: the first error: one who refused says something else the second time.
    func repeating(_ timeout: UInt64, _ send: (_ timeout: Duration) async throws -> Void) async throws {
        var first: (any Error)?
        for turn in 0...budgets.pieceRepeats {
            if turn > 0 { try await sleep(budgets.piecePause) }
            do { return try await send(.nanoseconds(Int64(timeout))) } catch {
                first = first ?? error
                if Task.isCancelled { break }
            }
        }
        throw first ?? CancellationError()
    }

    /// A full queue of the engine's has room again in a moment.
    func patiently<Value>(_ ask: () async throws -> Value) async throws -> Value {
        for _ in 0..<Self.turns {
            do { return try await ask() } catch TenantsError.busy { try await sleep(Self.turn) }
        }
        return try await ask()
    }

    private static let turns = 250
    private static let turn: UInt64 = 20_000_000
}
