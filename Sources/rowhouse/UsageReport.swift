import Catalog
import Seams
import Tenants
import Vocabulary

/// Tells the catalog how large this node's tenants are and when they were used, for lists and, later, for plans.
struct UsageReport: Sendable {
    let engine: TenantEngine
    let store: CatalogStore
    let node: NodeID
    let time: any TimeSource

    private static let page = 100

    /// What has changed since the last report. What the catalog does not take is told the next time.
    func run() async {
        while true {
            let usage = engine.takeUsage(Self.page)
            guard !usage.isEmpty else { return }
            do { try await send(usage) } catch { return engine.giveBack(usage) }
        }
    }

    /// The last one before the engine ends: also what has not reached the tenants' files.
    func finish() async {
        await run()
        let newest = await engine.newestUsage()
        for start in stride(from: 0, to: newest.count, by: Self.page) {
            // Nothing depends on it; after a start it is told as files are opened.
            do { try await send(Array(newest[start..<min(start + Self.page, newest.count)])) } catch { return }
        }
    }

    private func send(_ usage: [TenantUsage]) async throws(CatalogError) {
        let rows = usage.map { TenantRows.Usage(tenant: $0.tenant, bytes: $0.bytes, txid: $0.txid, used: $0.used) }
        try await TenantRows(store).report(rows, from: node, at: time.wall())
    }
}
