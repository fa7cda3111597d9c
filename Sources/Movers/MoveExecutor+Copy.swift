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
        return await copy(pages, offer(memory, state), &memory)
    }

    // MARK: Beside the writes

    func copyFollowed(_ memory: inout Memory) async -> MoveEvent {
        let file: FollowedFile
        do {
            file = try await site.engine.follow(order.tenant)
        } catch {
            return .freezeFailed("\(error)")
        }
        memory.followed = file
        let pages = site.engine.export(file, piecePages: site.budgets.piecePages)
        return await copy(pages, offer(memory, file.base), &memory)
    }

    /// Until what is left is little: writes go on all the while.
    func streamTail(_ memory: inout Memory) async -> MoveEvent {
        guard let file = memory.followed else { return .targetFailed("nothing to follow") }
        let (first, bytes, site) = (memory.batches, memory.bytes, site)
        await report(.tailing, bytes: bytes)
        let sender = TailSender(file: file, offer: offer(memory, file.state), address: address, site: site)
        let outcome = await bounded(site.budgets.following) {
            try await sender.send(after: first, until: TailPace(site.budgets.tail))
        }
        return sent(outcome, &memory) ?? .tailShort
    }

    /// What changed until the freeze, then the target's word for it.
    func awaitTarget(_ memory: inout Memory) async -> MoveEvent {
        guard let state = memory.frozen else { return .targetFailed("nothing to compare") }
        let (first, site) = (memory.batches, site)
        if let file = memory.followed {
            let sender = TailSender(file: file, offer: offer(memory, state), address: address, site: site)
            let outcome = await bounded(site.budgets.lastPages) { try await sender.send(after: first, until: nil) }
            if let failure = sent(outcome, &memory) { return failure }
        }
        return await compare(offer(memory, state), memory.bytes)
    }

    private func compare(_ offer: MoveOffer, _ bytes: Int64) async -> MoveEvent {
        let (site, address) = (site, address)
        // Beside the call: writes are parked, and the catalog may be far.
        async let reported: Void = report(.frozen, bytes: bytes)
        let outcome = await bounded(site.budgets.position) {
            try await site.peers.position(
                offer, at: address, timeout: .nanoseconds(Int64(site.budgets.position)))
        }
        await reported
        if case .done(let position) = outcome { return .targetSynced(position) }
        return Self.failure(outcome)
    }

    /// - Returns: nil where it went well.
    private func sent(_ outcome: Bounded<TailSender.Sent>, _ memory: inout Memory) -> MoveEvent? {
        switch outcome {
        case .done(let sent):
            memory.batches = sent.batches
            memory.bytes += sent.bytes
            return nil
        case .failed(let error as FollowFailure): return .freezeFailed(error.description)
        case .failed, .timeout, .cancelled: return Self.failure(outcome)
        }
    }

    func stopFollowing(_ memory: inout Memory) async {
        guard memory.followed != nil else { return }
        memory.followed = nil
        await site.engine.stopFollowing(order.tenant)
    }

    // MARK: Pieces

    private func offer(_ memory: Memory, _ state: TenantState) -> MoveOffer {
        MoveOffer(order: order, version: memory.version, state: state)
    }

    private func copy(_ pages: TenantPages, _ offer: MoveOffer, _ memory: inout Memory) async -> MoveEvent {
        let budget = site.budgets.copying(pages.byteCount)
        let (site, order, address) = (site, order, address)
        let outcome = await bounded(budget) {
            try await Self.reporting(order, pages.progress, site) {
                try await Self.send(offer, pages, to: address, site)
                try await site.peers.finish(offer, at: address, timeout: .nanoseconds(Int64(budget)))
            }
        }
        guard case .done = outcome else { return Self.failure(outcome) }
        memory.bytes += pages.byteCount
        return .baseCopied
    }

    private static func send(
        _ offer: MoveOffer, _ pages: TenantPages, to address: String, _ site: MoveSite
    ) async throws {
        var offset: Int64 = 0
        for try await piece in pages {
            let start = offset
            try await site.repeating { timeout in
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
    func repeating(_ send: (_ timeout: Duration) async throws -> Void) async throws {
        var repeats = 0
        while true {
            do {
                return try await send(.nanoseconds(Int64(budgets.silence)))
            } catch {
                guard repeats < budgets.pieceRepeats, !Task.isCancelled else { throw error }
                repeats += 1
                try await sleep(budgets.piecePause)
            }
        }
    }
}
