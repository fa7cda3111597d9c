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
    /// Of one call.
    let timeout: UInt64

    /// As long as the tenant is written: until what has changed is little, and all but that is on the target's disk.
    ///
    /// - Parameter first: number of the last batch that was sent before.
    /// - Throws: `FollowFailure`, `TenantsError`, and what the target says.
    func send(after first: UInt64, until pace: TailPace) async throws -> Sent {
        var (sent, pace) = (Sent(batches: first), pace)
        while true {
            let changes = try await changes()
            let isEnough = pace.isEnough(changes.batch.count + changes.left)
            if changes.batch.count > 0 {
                let start = site.time.monotonic()
                try await send(changes.batch, &sent)
                pace.sent(pages: changes.batch.count, in: site.time.monotonic().nanoseconds(since: start))
            }
            guard isEnough else { continue }
            // An empty one makes the target sync what it has: less is left to be synced while writes wait.
            return try await synced(changes.batch.pageCount, sent)
        }
    }

    /// Of a tenant that is frozen: until nothing is left.
    ///
    /// - Throws: as above.
    func sendAll(after first: UInt64) async throws -> Sent {
        var sent = Sent(batches: first)
        while case let changes = try await changes(), changes.batch.count > 0 {
            try await send(changes.batch, &sent)
        }
        return sent
    }

    private func synced(_ pageCount: UInt32, _ before: Sent) async throws -> Sent {
        var sent = before
        try await send(PageBatch(pageCount: pageCount), &sent)
        return sent
    }

    private func changes() async throws -> FollowedChanges {
        try Task.checkCancellation()
        return try await site.patiently { try await site.engine.changes(of: file, atMost: site.budgets.batchPages) }
    }

    private func send(_ batch: PageBatch, _ sent: inout Sent) async throws {
        sent.batches += 1
        sent.bytes += Int64(batch.count * PageHash.pageSize)
        let number = sent.batches
        try await site.repeating(timeout) { timeout in
            try await site.peers.follow(batch, number, offer, to: address, timeout: timeout)
        }
    }
}
