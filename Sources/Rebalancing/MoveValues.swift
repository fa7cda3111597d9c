package import Vocabulary

/// What a copy of a tenant is compared by: two copies with the same are the same.
package struct MovePosition: Equatable, Sendable {
    package var txid: TxID
    /// `TenantState.checksum`.
    package var checksum: UInt64

    package init(txid: TxID, checksum: UInt64) {
        self.txid = txid
        self.checksum = checksum
    }
}

/// What a move is about; never changes while it is under way.
package struct MoveOrder: Equatable, Sendable {
    package enum Copying: Equatable, Sendable {
        /// Writes are parked first, then the whole file is copied.
        case whileFrozen
        /// The file is copied while writes go on, then the pages that they have changed follow; writes are parked for the last
        /// few.
        case thenTail
    }

    package var id: String
    package var tenant: TenantID
    package var source: NodeID
    package var target: NodeID
    /// Under which the source serves.
    package var epoch: Epoch
    package var copying: Copying

    package init(
        id: String, tenant: TenantID, source: NodeID, target: NodeID, epoch: Epoch, copying: Copying = .whileFrozen
    ) {
        self.id = id
        self.tenant = tenant
        self.source = source
        self.target = target
        self.epoch = epoch
        self.copying = copying
    }

    /// A target that has restarted knows of its copy what it must, which is not how it came.
    package func isSameMove(as other: MoveOrder) -> Bool {
        var other = other
        other.copying = copying
        return self == other
    }
}

/// Why a move ended without a new owner.
package enum MoveAbort: Error, Equatable, Sendable, CustomStringConvertible {
    case cancelled
    case prepareRefused(String)
    /// A step took longer than its budget.
    case tooSlow(String)
    /// Writes could not be parked: an interactive transaction held on.
    case notFrozen(String)
    case targetFailed(String)
    /// The tenant's node could not go on with it.
    case sourceFailed(String)
    /// The copies differ: nobody knows yet which one is wrong, so both are to be looked at.
    case copiesDiffer(source: MovePosition, target: MovePosition)
    /// The catalog refused the commit: source or target is not what it was.
    case nodesNotUp
    /// Somebody else ended it in the catalog.
    case endedElsewhere

    package var description: String {
        switch self {
        case .cancelled: "cancelled"
        case .prepareRefused(let why): "could not be prepared: \(why)"
        case .tooSlow(let step): "\(step) took too long"
        case .notFrozen(let why): "writes could not be parked: \(why)"
        case .targetFailed(let why): "the target failed: \(why)"
        case .sourceFailed(let why): "the tenant's node could not go on: \(why)"
        case .copiesDiffer(let source, let target):
            "the copies differ: source at \(source.txid), target at \(target.txid), checksums "
                + (source.checksum == target.checksum ? "equal" : "different")
        case .nodesNotUp: "source or target lost its right to serve"
        case .endedElsewhere: "ended in the catalog by somebody else"
        }
    }
}

/// Why a node serves a tenant no more although no other owner is known: an operator must look.
package enum MoveHalt: Equatable, Sendable, CustomStringConvertible {
    case rowGone
    /// The catalog shows an older epoch than this process served under.
    case regressed(found: Epoch)
    /// The row says that this node owns the tenant, but the copy was never whole.
    case ownerWithoutCopy

    package var description: String {
        switch self {
        case .rowGone: "its row is gone"
        case .regressed(let epoch): "the catalog has lost commits: it shows epoch \(epoch.rawValue)"
        case .ownerWithoutCopy: "its row names this node, which has no whole copy"
        }
    }
}
