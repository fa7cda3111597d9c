import Catalog
import Rebalancing
import Seams
import Vocabulary

/// The steps that are compare-and-sets on the row, and its readings.
extension MoveExecutor {
    func prepare(_ memory: inout Memory) async -> MoveEvent {
        let outcome: PlacementRows.PrepareOutcome
        do throws(CatalogError) {
            outcome = try await site.placements.prepare(
                order.tenant, version: version, to: order.target, move: order.id, at: site.time.wall())
        } catch {
            memory.refusal = .catalog(error)
            if case .outcomeUnknown = error { return .prepareUnknown }
            return .prepareRefused(error.description)
        }
        if case .prepared(let row) = outcome { return .prepared(row) }
        let refusal = Self.refusal(outcome)
        memory.refusal = refusal
        return .prepareRefused("\(refusal)")
    }

    private static func refusal(_ outcome: PlacementRows.PrepareOutcome) -> MoveRefusal {
        switch outcome {
        case .prepared, .notFound: .tenantNotFound
        case .notMovable: .notMovable
        case .alreadyThere: .alreadyThere
        case .moveInProgress(let row): .inProgress(row.move)
        case .targetNotUp: .targetNotUp
        // Somebody was faster, with a move that has ended or an owner of its own.
        case .differs: .inProgress(nil)
        }
    }

    /// Step 8. Whatever is not an answer is doubt: the row will tell.
    func commit(_ version: UInt64, _ position: MovePosition) async -> MoveEvent {
        let commit = MoveCommit(
            tenant: order.tenant, move: order.id, version: version, source: order.source,
            incarnation: site.incarnation, txid: position.txid, checksum: position.checksum)
        do throws(CatalogError) {
            switch try await site.placements.commit(commit, at: site.time.wall()) {
            case .committed(let row): return .settled(row)
            case .differs(let row): return .rowDiffers(row)
            case .nodesNotUp: return .commitRefused
            }
        } catch {
            return .commitUnknown
        }
    }

    func readRow(afterMilliseconds milliseconds: Int) async -> MoveEvent {
        do {
            if milliseconds > 0 { try await site.sleep(UInt64(milliseconds) * 1_000_000) }
            return .rowSeen(try await site.placements.find(order.tenant))
        } catch {
            return .rowUnreadable
        }
    }

    func abort(_ version: UInt64, _ reason: MoveAbort) async -> MoveEvent {
        let prepared = Placement(
            tenant: order.tenant, owner: order.source, epoch: order.epoch, version: version, state: .moving,
            target: order.target, move: order.id)
        return await settle {
            try await site.placements.abort(prepared, reason: reason.description, at: site.time.wall())
        }
    }

    func finish(_ row: Placement) async -> MoveEvent {
        await settle { try await site.placements.finish(row, at: site.time.wall()) }
    }

    private func settle(_ body: () async throws -> PlacementRows.SettleOutcome) async -> MoveEvent {
        do {
            switch try await body() {
            case .settled(let row): return .settled(row)
            case .differs(let row): return .rowDiffers(row)
            }
        } catch {
            return .settleUnknown
        }
    }
}
