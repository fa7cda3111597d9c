package import Seams
import Synchronization
package import Vocabulary

extension TenantEngine {
    /// A copy of the tenant as of its newest commit, durable when this returns, made while others read and write.
    ///
    /// - Parameters:
    ///   - deadline: until when it must be there; a large tenant takes seconds.
    ///   - cancellation: through which the caller says that nobody waits any more.
    ///   - notesChanges: from here on the tenant remembers which pages change, as long as it is open and they are few.
    ///   - known: whether the caller needs no copy of this version.
    /// - Throws: `TenantsError`: `.busy` where too many slow reads run, or the log has no room for an old snapshot.
    package func snapshot(
        _ id: TenantID, deadline: Instant, cancellation: WorkCancellation? = nil, notesChanges: Bool = false,
        unless known: @escaping @Sendable (Bookmark) -> Bool = { _ in false }
    ) async throws -> SnapshotOutcome {
        let number = Self.copies.add(1, ordering: .relaxed).newValue
        let path = "\(layout.temporary)/snapshot-\(id)-\(number).sqlite"
        return try await withCheckedThrowingContinuation { continuation in
            let work = SnapshotWork(
                path: path, engine: self, deadline: deadline, cancellation, notesChanges: notesChanges, known: known,
                Reply(continuation))
            submit(work, to: id)
        }
    }

    /// Of this process: names of files that are being made.
    private static let copies = Atomic<UInt64>(0)
}
