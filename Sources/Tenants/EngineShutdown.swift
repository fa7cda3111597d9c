import Journal
import Lanes
import Vocabulary

extension TenantEngine {
    /// Ends in order: nothing new, what runs is finished, streams are rolled back, every commit is copied into its file and
    /// synced. What is left are complete `.sqlite` files. Blocks; not on a lane, not on an event loop.
    ///
    /// - Throws: what the disk says; nothing acknowledged is lost even then, recovery does the rest.
    package func shutdown() throws {
        for tenant in open.all where !tenant.id.isReserved { tenant.bar(.shuttingDown) }
        checkpoints.stop()
        life.stop()
        closeStreams()
        defer {
            journal.close()
            life.join()
            lanes.shutdown()
        }
        try Checkpointer(engine: self).settleAll()
    }

    private func closeStreams() {
        let tenants = open.all
        let group = WorkGroup(tenants.count)
        for tenant in tenants { submitUrgently(CloseStreamsWork(group), to: tenant.id) }
        group.wait()
    }
}

private final class CloseStreamsWork: TenantWork {
    private let group: WorkGroup
    init(_ group: WorkGroup) { self.group = group }

    func handle(_ tenant: Tenant) -> Bool {
        tenant.endStreams()
        group.leave()
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { group.leave() }
    func release() {}
}
