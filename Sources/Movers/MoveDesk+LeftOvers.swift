import Catalog
import Seams
import Tenants
import Vocabulary

/// What earlier moves left behind: rows that nobody is at, files of tenants that have gone.
extension MoveDesk {
    /// Rows of this node that are read at once.
    private static let pageLimit = 1000

    // MARK: Rows

    /// Until the task is cancelled.
    func watchOrphans() async {
        var known: Set<String> = []
        while (try? await site.sleep(site.budgets.orphans)) != nil { known = await endOrphans(known) }
    }

    /// Ends the orphaned moves out of this node that the look before has found already.
    ///
    /// - Returns: those that this look has found. A catalog that cannot be read has none.
    package func endOrphans(_ known: Set<String>) async -> Set<String> {
        guard let rows = try? await site.placements.moving(ownedBy: site.node, limit: Self.pageLimit) else { return [] }
        var found: Set<String> = []
        // A tenant that has come here is for its arrival to finish.
        for row in rows where row.target != site.node {
            guard let move = row.move, !isAt(move) else { continue }
            found.insert(move)
            if known.contains(move) { try? await endOrphan(row) }
        }
        return found
    }

    // MARK: Files

    /// Puts away, once, what earlier processes of this node had sent off but not buried; removes now and then what was put
    /// away long ago. Until the task is cancelled. Best effort: such a copy is never served, it only takes room.
    func keepHouse() async {
        await buryLeftOvers()
        repeat { await site.engine.sweepTombstones() } while (try? await site.sleep(site.budgets.sweep)) != nil
    }

    /// Compares the files that are here with the rows of this node, both in the catalog's order.
    private func buryLeftOvers() async {
        var here = site.engine.tenants.map { Int64(bitPattern: $0.rawValue) }.sorted()[...]
        var last: TenantID?
        while !here.isEmpty, !Task.isCancelled {
            guard let page = try? await site.placements.owned(by: site.node, after: last, limit: Self.pageLimit) else {
                return
            }
            last = page.count < Self.pageLimit ? nil : page.last?.tenant
            let end = last.map { Int64(bitPattern: $0.rawValue) } ?? .max
            let owned = Set(page.map(\.tenant))
            while let first = here.first, first <= end {
                here.removeFirst()
                let tenant = TenantID(UInt64(bitPattern: first))
                if !owned.contains(tenant) { await bury(tenant) }
            }
        }
    }

    private func bury(_ tenant: TenantID) async {
        guard let facts = site.engine.facts(of: tenant), await hasLeft(tenant, facts) else { return }
        _ = try? await site.engine.entomb(tenant, upTo: facts.epoch)
    }

    /// Only what is known to have gone elsewhere. A file without a row may be all that is left of a tenant whose catalog was
    /// lost; unless the history tells of its move, it stays.
    private func hasLeft(_ tenant: TenantID, _ facts: TenantState) async -> Bool {
        do throws(CatalogError) {
            if let placement = try await site.placements.find(tenant) {
                return placement.owner != site.node && placement.epoch > facts.epoch
            }
            guard let move = try await site.moves.list(tenant: tenant, limit: 1).first else { return false }
            return (move.state == .committed || move.state == .done) && move.epoch >= facts.epoch
        } catch {
            return false
        }
    }
}
