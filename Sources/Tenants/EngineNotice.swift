import Synchronization
package import Vocabulary

/// Something that whoever runs the node should read of, for logs. Told on the thread that did it: must not block for long.
package enum EngineNotice: Equatable, Sendable {
    /// A tenant goes on in a new file.
    case compacted(TenantID, before: TenantState, after: TenantState)
    /// A snapshot could not be made: the disk, or the tenant's file.
    case copyFailed(TenantID, reason: String)
    /// The device has no more room: whatever brings something new is refused.
    case diskFull
    /// There is room again.
    case diskHasRoom
}

/// Counts notices and passes them on.
final class EngineNotices: Sendable {
    private let compactions = Atomic<UInt64>(0)
    private let listener: @Sendable (EngineNotice) -> Void

    init(_ listener: @escaping @Sendable (EngineNotice) -> Void) { self.listener = listener }

    var compactionCount: UInt64 { compactions.load(ordering: .relaxed) }

    func tell(_ notice: EngineNotice) {
        if case .compacted = notice { compactions.add(1, ordering: .relaxed) }
        listener(notice)
    }
}
