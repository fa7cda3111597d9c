import Catalog
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
    /// - Parameters:
    ///   - first: number of the last batch that was sent before.
    ///   - copied: bytes that were sent before.
    /// - Throws: `FollowFailure`, `TenantsError`, and what the target says.
    func send(after first: UInt64, until pace: TailPace, copied: Int64) async throws -> Sent {
        var (sent, pace) = (Sent(batches: first), pace)
        var reported = site.time.monotonic()
        while true {
            let changes = try await changes()
            let isEnough = pace.isEnough(changes.batch.count + changes.left)
            if changes.batch.count > 0 {
                let start = site.time.monotonic()
                try await send(changes.batch, &sent)
                pace.sent(pages: changes.batch.count, in: site.time.monotonic().nanoseconds(since: start))
            }
            guard isEnough else {
                if site.time.monotonic().nanoseconds(since: reported) >= site.budgets.report {
                    await report(copied + sent.bytes, changes.left, pace)
                    reported = site.time.monotonic()
                }
                continue
            }
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

    /// For whoever looks; what it cannot write it leaves.
    private func report(_ bytes: Int64, _ left: Int, _ pace: TailPace) async {
        try? await site.moves.progress(
            offer.order.id, state: .tailing, bytes: bytes, lag: Int64(left * PageHash.pageSize),
            predictedPause: Int64(pace.predicted(left) / 1_000_000), at: site.time.wall())
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
