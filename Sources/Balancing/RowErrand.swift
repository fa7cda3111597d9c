import Catalog
import Planning
import Seams
import Vocabulary

/// One row from its recheck to its end. Whatever happened to it before, it goes by the placement.
struct RowErrand: Sendable {
    struct End: Sendable {
        let state: PlanProgress.State
        var move: String?
        var reason: String?
    }

    let row: PlanRow
    let plan: Plan
    let site: RebalancerSite
    let world: WorldView
    /// Told of the move once it is under way.
    let follows: @Sendable (String) async -> Void

    /// Attempts to read what a lost answer came to.
    private static let looks = 60

    /// - Parameter mayBegin: asked again before anything is begun.
    /// - Returns: nil where it cannot be told now.
    func run(mayBegin: @Sendable () -> Bool) async -> End? {
        var started = site.time.monotonic()
        for look in 0..<Self.looks {
            guard mayBegin(), !Task.isCancelled else { return nil }
            do throws(CatalogError) {
                switch RowJudgement(row, try await PlacementRows(site.store).find(row.tenant)) {
                case .begin:
                    if let end = try await begin(since: started) { return end }
                case .follow(let move):
                    await follows(move)
                    if let end = await follow(move) { return end }
                case .done: return End(state: .done)
                case .skip(let skip): return End(state: .skipped(skip))
                }
            } catch {
                // The catalog is away: the row stays what it is meanwhile.
                if look == 0 { started = site.time.monotonic() }
            }
            let pause = look < 20 ? site.pace.firstPoll * 3 : site.pace.longestPoll
            do { try await site.sleep(pause) } catch { return nil }
        }
        return nil
    }

    /// - Returns: nil where it was begun, or may have been: the next look tells.
    private func begin(since started: Instant) async throws(CatalogError) -> End? {
        let now = try await world.world(for: row)
        if case .skipped(let skip) = plan.recheck(row, in: now) { return End(state: .skipped(skip)) }
        do throws(MoveNotBegun) {
            let move = try await site.starter.begin(row.tenant, from: row.from, to: row.to, version: row.version)
            if let tenant = now.tenant { world.begun(row, tenant) }
            await follows(move)
            return await follow(move)
        } catch {
            switch error {
            case .busy(let why):
                guard site.time.monotonic().nanoseconds(since: started) >= site.pace.busy else { return nil }
                return End(state: .failed, reason: why)
            case .unknown: return nil
            case .refused(let why): return End(state: .failed, reason: why)
            }
        }
    }

    /// Until the move has ended.
    ///
    /// - Returns: nil where its row cannot be found or read: the placement tells.
    private func follow(_ move: String) async -> End? {
        var pause = site.pace.firstPoll
        var committed: Instant?
        while true {
            do { try await site.sleep(pause) } catch { return nil }
            pause = min(pause * 3 / 2, site.pace.longestPoll)
            guard let found = try? await MoveRows(site.store).find(move) else { return nil }
            switch found.state {
            case .done: return End(state: .done, move: move)
            case .aborted: return End(state: .failed, move: move, reason: found.reason ?? "the move was aborted")
            case .committed:
                let since = committed ?? site.time.monotonic()
                committed = since
                if site.time.monotonic().nanoseconds(since: since) > site.pace.finish {
                    return End(state: .done, move: move)
                }
            case .preparing, .copying, .tailing, .frozen: break
            }
        }
    }
}
