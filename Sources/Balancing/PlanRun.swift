import Catalog
import Planning
import Seams
import Vocabulary

/// Carries one plan out, as long as this node is the controller: begins rows as `PlanProgress` lets it, and writes down how each ended.
struct PlanRun: Sendable {
    let rebalancer: Rebalancer
    let stored: StoredPlan
    let plan: Plan

    private struct Ended: Sendable {
        let place: Int
        /// Nil: it has not ended as far as this process can tell; the next controller finds out.
        let state: PlanProgress.State?
    }

    private var site: RebalancerSite { rebalancer.site }

    init(_ stored: StoredPlan, _ rebalancer: Rebalancer) throws(BalancingError) {
        self.rebalancer = rebalancer
        self.stored = stored
        plan = try PlanBody(stored.body).plan(made: stored.made, expires: stored.expires)
    }

    func run() async throws {
        let rows = PlanRows(site.store)
        let known = try await rows.outcomes(of: stored.id)
        var progress = PlanProgress(plan, policy: site.policy)
        progress.resume(Dictionary(known.compactMap(Self.ended)) { first, _ in first })
        site.notice(.begins(plan: stored.id, rows: plan.rows.count))
        guard await carryOut(&progress), let seat = rebalancer.seat else { return }
        guard try await rows.end(stored.id, seat, at: site.time.wall()) else { return }
        site.notice(progress.summary(stored.id))
    }

    private static func ended(_ outcome: PlanOutcome) -> (Int, PlanProgress.State)? {
        switch outcome.state {
        case .running: nil
        case .done: (outcome.place, .done)
        // Which of the two, and why, stands in the outcome already; for what may begin next they are the same.
        case .failed, .skipped: (outcome.place, .failed)
        }
    }

    /// - Returns: whether all rows have ended; false where this node is not the controller any more.
    private func carryOut(_ progress: inout PlanProgress) async -> Bool {
        let world = WorldView(site, plan)
        return await withTaskGroup(of: Ended.self) { group in
            var running = 0
            while !progress.hasEnded {
                guard rebalancer.isController, !Task.isCancelled else { break }
                if !rebalancer.isPaused {
                    for place in progress.next() {
                        group.addTask { await carry(place, world) }
                        running += 1
                    }
                }
                if running == 0 {
                    do { try await site.sleep(site.pace.look / 4) } catch { break }
                    continue
                }
                guard let ended = await group.next() else { break }
                running -= 1
                guard let state = ended.state else { break }
                progress.end(ended.place, state)
                await settle(progress, known: ended.place)
            }
            group.cancelAll()
            return progress.hasEnded
        }
    }

    /// A partner that does not go any more is written down with the row that failed.
    private func settle(_ progress: PlanProgress, known place: Int) async {
        guard case .exchange = plan.rows[place].reason else { return }
        for (other, state) in progress.states.enumerated() where other != place {
            if case .skipped(.partner(plan.rows[place].tenant)) = state { _ = await record(other, state, move: nil) }
        }
    }

    private func carry(_ place: Int, _ world: WorldView) async -> Ended {
        let row = plan.rows[place]
        let errand = RowErrand(row: row, plan: plan, site: site, world: world) { move in
            _ = await record(place, .running, move: move)
        }
        guard let end = await errand.run(mayBegin: { rebalancer.isController }) else {
            return Ended(place: place, state: nil)
        }
        let isWritten = await record(place, end.state, move: end.move, reason: end.reason)
        site.notice(.row(plan: stored.id, tenant: row.tenant, to: row.to, end.reason ?? "\(end.state)"))
        return Ended(place: place, state: isWritten ? end.state : nil)
    }

    /// - Returns: false where it could not be written; the next look at the row comes to the same.
    private func record(
        _ place: Int, _ state: PlanProgress.State, move: String?, reason: String? = nil
    ) async -> Bool {
        guard let seat = rebalancer.seat, var outcome = PlanOutcome(place, state, plan.rows[place]) else {
            return false
        }
        outcome.move = move
        outcome.reason = reason ?? outcome.reason
        let now = site.time.wall()
        return (try? await PlanRows(site.store).record(outcome, of: stored.id, seat, at: now)) ?? false
    }
}

extension PlanOutcome {
    fileprivate init?(_ place: Int, _ state: PlanProgress.State, _ row: PlanRow) {
        let (named, reason): (State, String?)
        switch state {
        case .waiting: return nil
        case .running: (named, reason) = (.running, nil)
        case .done: (named, reason) = (.done, nil)
        case .failed: (named, reason) = (.failed, nil)
        case .skipped(let skip): (named, reason) = (.skipped, skip.description)
        }
        self.init(place: place, state: named, reason: reason, purpose: "\(row.purpose)", bytes: row.bytes)
    }
}

extension PlanProgress {
    fileprivate func summary(_ plan: String) -> BalancingNotice {
        let skipped = states.count { if case .skipped = $0 { true } else { false } }
        return .ended(
            plan: plan, done: states.count { $0 == .done }, failed: states.count { $0 == .failed }, skipped: skipped)
    }
}
