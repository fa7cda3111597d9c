import Catalog
import Planning
import Seams
import Synchronization
import Vocabulary

/// A node's part in balancing: stands by for the controller's seat, and while it holds it carries plans out and empties draining
/// nodes.
///
/// It keeps nothing that it cannot read again. A process that dies leaves a plan with rows done and moves under way; the next
/// controller judges each row by its tenant's placement and goes on.
package final class Rebalancer: Sendable {
    let site: RebalancerSite
    /// While this node holds it.
    private let held = Mutex<ControllerRow?>(nil)
    private var rows: ControllerRows { ControllerRows(site.store) }

    package init(_ site: RebalancerSite) { self.site = site }

    /// The seat, if it is this node's now.
    var seat: ControllerRow? { held.withLock { $0 } }

    package var isController: Bool { seat != nil }

    /// Reads the seat anew: a pause counts from the moment at which it was asked for.
    func refresh() async throws(CatalogError) {
        let row = try await rows.read()
        held.withLock { held in
            if held?.term == row.term { held = row }
        }
    }

    /// Moves are not to be begun now.
    var isPaused: Bool {
        guard let until = seat?.pausedUntil else { return false }
        return site.time.wall() < until
    }

    /// Until the task is cancelled. To be called once.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.holdSeat() }
            group.addTask { await self.work() }
        }
    }

    private func holdSeat() async {
        var seat = ControllerSeat(site.node, patience: site.pace.patience)
        while true {
            // A catalog that does not answer takes the seat from nobody: every write names the term.
            try? await look(&seat)
            do { try await site.sleep(site.pace.look) } catch { break }
        }
        held.withLock { $0 = nil }
    }

    private func look(_ seat: inout ControllerSeat) async throws(CatalogError) {
        let row = try await rows.read()
        switch seat.observe(row, at: site.time.monotonic()) {
        case .wait: give(nil)
        case .take:
            guard let taken = try await rows.take(site.node, from: row, at: site.time.wall()) else { return }
            seat.taken(taken)
            give(taken)
            site.notice(.becameController(term: taken.term))
        case .hold: give(try await rows.beat(row, at: site.time.wall()))
        }
    }

    private func give(_ row: ControllerRow?) {
        let wasHeld = held.withLock { held in
            defer { held = row }
            return held != nil
        }
        if wasHeld, row == nil { site.notice(.lostSeat) }
    }

    private func work() async {
        var stewardship = Stewardship(self)
        while true {
            do { try await site.sleep(site.pace.look) } catch { return }
            guard isController else {
                stewardship = Stewardship(self)
                continue
            }
            do {
                try await stewardship.turn()
            } catch {
                site.notice(.cannotPlan("\(error)"))
            }
        }
    }
}
