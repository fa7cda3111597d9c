import Synchronization

/// What a crowd has done and met: a proof in which nothing happened proves nothing.
final class CrowdCounts: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case writes, reads, snapshots, slowReads, commits, rollbacks, own, arrivals, holds, compactions
        /// Tenants opened: more than there are says that some were closed in between.
        case openings
        /// Transactions taken from their callers.
        case timeouts
        /// Reads that held up the log or the tenant's leaving for too long.
        case recalls
        case waits, queueFull, noRoom, tooManyStreams, tooManySlow, refusedAtEnd
        /// Recovery points that moved.
        case settled
    }

    private let counts = Mutex<[Kind: Int]>([:])

    func add(_ kind: Kind) { counts.withLock { $0[kind, default: 0] += 1 } }

    var all: String {
        counts.withLock { counts in Kind.allCases.map { "\($0) \(counts[$0] ?? 0)" }.joined(separator: ", ") }
    }

    /// What should have happened and has not.
    func missing(for squeeze: CrowdHouse.Squeeze) -> [String] {
        // A small journal leaves time for little else; the other squeeze has room in it.
        let optional: Set<Kind> =
            squeeze == .journal
            ? [.tooManySlow, .arrivals, .holds, .compactions, .recalls] : [.noRoom, .tooManySlow, .recalls]
        return counts.withLock { counts in
            Kind.allCases.filter { counts[$0] == nil && !optional.contains($0) }.map { "no \($0)" }
        }
    }
}
