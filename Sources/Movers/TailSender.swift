import Rebalancing
import Seams
import Tenants
import Vocabulary

/// Sends the pages of a tenant that have changed since its copy was begun, batch by batch.
struct TailSender: Sendable {
    struct Sent: Sendable {
        /// The number of the last batch.
        var batches: UInt64
        var bytes: Int64 = 0
    }

    let file: FollowedFile
    let offer: MoveOffer
    let address: String
    let site: MoveSite

    /// - Parameters:
    ///   - first: number of the last batch that was sent before.
    ///   - pace: when it is enough; nil: until nothing is left, of a tenant that is frozen.
    /// - Throws: `FollowFailure`, `TenantsError`, and what the target says.
    func send(after first: UInt64, until pace: TailPace?) async throws -> Sent {
        var sent = Sent(batches: first)
        var pace = pace
        while true {
            try Task.checkCancellation()
            let changes = try await site.engine.changes(of: file, atMost: site.budgets.batchPages)
            guard changes.batch.count > 0 else { return sent }
            let start = site.time.monotonic()
            sent.batches += 1
            sent.bytes += Int64(changes.batch.count * PageHash.pageSize)
            try await send(changes.batch, sent.batches)
            pace?.sent(
                pages: changes.batch.count, in: site.time.monotonic().nanoseconds(since: start), left: changes.left)
            if let pace, pace.isShort(left: changes.left) { return sent }
        }
    }

    private func send(_ batch: PageBatch, _ number: UInt64) async throws {
        try await site.repeating { timeout in
            try await site.peers.follow(batch, number, offer, to: address, timeout: timeout)
        }
    }
}
