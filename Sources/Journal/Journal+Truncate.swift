package import Seams
import Synchronization
package import Vocabulary

/// A segment in use, for whoever decides what to checkpoint next.
package struct SegmentAge: Hashable, Sendable {
    package let firstLSN: LSN
    /// nil for the one being written.
    package let lastLSN: LSN?
    package let begun: Instant
    package let bytes: Int
}

extension Journal {
    /// Lets go of every record up to `lsn`: writes the manifest, waits until it is durable, then frees the segments that lie
    /// wholly below. The caller has synced every tenant's file and saved every tenant's newest state (rule J3).
    ///
    /// - Parameters:
    ///   - lsn: At most the durable LSN; one that lies below the present point changes nothing but the state. Between the
    ///     parts of a large commit the point stays before the first of them.
    ///   - nodeState: The node state database's own state as of `lsn`; nil leaves it as it is.
    /// - Throws: `.disk`; nothing was freed then.
    package func advanceRecoveryPoint(to lsn: LSN, nodeState: TenantState?) throws(JournalError) {
        precondition(lsn <= durableLSN, "the recovery point cannot pass what is durable")
        if faults.freeBeforeManifest { free(upTo: lsn) }
        let durable = durableLSN
        let point = state.withLock { $0.parted.point(atMost: lsn) }
        let change = { (manifest: inout Manifest) in
            manifest.recoveryPoint = max(manifest.recoveryPoint, point)
            manifest.durable = max(manifest.durable, durable)
            if let nodeState { manifest.nodeState = nodeState }
        }
        var next = manifests.current
        change(&next)
        // What is there already is durable already.
        if next != manifests.current {
            try onDisk { () throws(FileError) in try manifests.update(change) }
        }
        free(upTo: manifests.current.recoveryPoint)
    }

    private func free(upTo point: LSN) {
        let isFreed = state.withLock { state in
            state.parted.forget(upTo: point)
            return state.pool.free(upTo: point)
        }
        guard isFreed else { return }
        room.advance()
    }

    package var recoveryPoint: LSN { manifests.current.recoveryPoint }

    /// The node state database's state as of the recovery point; nil in a new journal.
    package var nodeState: TenantState? { manifests.current.nodeState }

    /// The oldest LSN that recovery would need.
    package var oldestNeeded: LSN { recoveryPoint.next }

    /// Bytes of the segments that hold records still needed, the one being written included.
    package var usedBytes: Int { state.withLock { $0.pool.usedBytes } }

    /// Bytes of all segments on the disk.
    package var sizeBytes: Int { state.withLock { $0.pool.bytes } }

    /// Segments in use, oldest first.
    package var segments: [SegmentAge] {
        state.withLock { state in
            let used = state.pool.used
            return used.indices.map { index in
                let next = index + 1 < used.count ? used[index + 1].firstLSN : nil
                return SegmentAge(
                    firstLSN: used[index].firstLSN, lastLSN: next.map { LSN($0.rawValue - 1) },
                    begun: used[index].begun, bytes: used[index].slot.length)
            }
        }
    }
}
