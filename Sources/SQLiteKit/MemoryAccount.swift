import Synchronization

/// Bounds what SQLite may allocate for all tenants of a node together.
package final class MemoryBudget: Sendable {
    package let limitBytes: Int
    private let used = Atomic<Int>(0)

    package init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// Exact to 64 KiB a tenant.
    package var usedBytes: Int { used.load(ordering: .relaxed) }

    fileprivate func change(by bytes: Int) { used.add(bytes, ordering: .relaxed) }
}

/// What SQLite has allocated for one tenant's connections: page caches, schemas, statements, and what running statements
/// take. Bounds it; beyond the bound a statement fails with SQLITE_NOMEM.
package final class MemoryAccount: Sendable {
    package let limitBytes: Int
    private let budget: MemoryBudget
    private let used = Atomic<Int>(0)
    /// The node's sum hears of whole pieces only, so that lanes do not contend for it at every call.
    private static let pieceShift = 16

    package init(limitBytes: Int, budget: MemoryBudget) {
        self.limitBytes = limitBytes
        self.budget = budget
    }

    package var usedBytes: Int { max(0, used.load(ordering: .relaxed)) }

    /// What a call that begins now may allocate.
    var room: Int { max(0, min(limitBytes - used.load(ordering: .relaxed), budget.limitBytes - budget.usedBytes)) }

    @inline(__always)
    func change(by bytes: Int) {
        guard bytes != 0 else { return }
        let (before, after) = used.add(bytes, ordering: .relaxed)
        let pieces = (after >> Self.pieceShift) - (before >> Self.pieceShift)
        if pieces != 0 { budget.change(by: pieces << Self.pieceShift) }
    }
}
