import Journal
import Lanes
import Vocabulary

extension TenantEngine {
    /// Ends in order: nothing new, what runs is finished, streams are rolled back, every commit is copied into its file and
    /// synced. What is left are complete `.sqlite` files. Blocks; not on a lane, not on an event loop. Repeating it is
    /// harmless.
    ///
    /// - Throws: what the disk says; nothing acknowledged is lost even then, recovery does the rest.
    package func shutdown() throws {
        open.close()
        guard life.stop() else { return }
        checkpoints.stop()
        copier.wake()
        downloads.wake()
        replicas.worker.wake()
        replicas.reader.wake()
        uploadWrites.wake()
        uploads.close()
        clerk.wake()
        for left in compactions.close() { left.end(.failure(.busy)) }
        // Two checkpointers at once would each trust what the other has not finished.
        life.join(.keepers)
        drain()
        defer {
            journal.close()
            end()
        }
        try Checkpointer(engine: self).settleAll()
        removals.run(files)
    }

    /// Gives the engine up without another call to the disk: after `onFatal`, where nothing can be relied on any more, and
    /// in proofs of crashes. Works that wait for the disk are refused. Blocks until all threads have ended.
    package func abandon() {
        open.close()
        life.abandon()
        life.stop()
        checkpoints.stop()
        copier.wake()
        downloads.wake()
        replicas.worker.wake()
        replicas.reader.wake()
        uploadWrites.wake()
        uploads.close()
        clerk.wake()
        for left in compactions.close() { left.end(.failure(.busy)) }
        journal.abandon()
        life.join(.keepers)
        end()
    }

    private func end() {
        life.join(.journal)
        lanes.shutdown()
        // No thread is left: what the tenants hold is nobody's.
        for tenant in open.removeAll() { tenant.letGo() }
        opener.ticking.removeAll()
    }

    /// Runs what waits in every mailbox, then rolls every stream back.
    private func drain() {
        let tenants = open.all
        let group = WorkGroup(tenants.count)
        for tenant in tenants {
            load.enterUrgently()
            deliver(CloseStreamsWork(group), to: tenant.id, .last)
        }
        group.wait()
    }
}

private final class CloseStreamsWork: TenantWork {
    private let group: WorkGroup
    init(_ group: WorkGroup) { self.group = group }

    func handle(_ tenant: Tenant) -> Bool {
        // What runs is finished.
        if tenant.mustAwaitReaders(recalling: false) { return true }
        tenant.endStreams()
        group.leave()
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { group.leave() }
    func release() {}
}
