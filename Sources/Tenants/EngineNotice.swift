import Synchronization
package import Vocabulary

/// Something that whoever runs the node should read of, for logs. Told on the thread that did it: must not block for long.
package enum EngineNotice: Equatable, Sendable {
    /// A tenant goes on in a new file.
    case compacted(TenantID, before: TenantState, after: TenantState)
    /// A snapshot could not be made: the disk, or the tenant's file.
    case copyFailed(TenantID, reason: String)
    /// The same of a file that was to become a tenant's content.
    case uploadFailed(TenantID, reason: String)
    /// A tenant goes on with the content of an uploaded file.
    case replaced(TenantID, before: TenantState, after: TenantState)
    /// A tenant has taken what a replica wrote offline.
    case pushed(TenantID, before: TenantState, after: TenantState)
    /// The device has no more room: whatever brings something new is refused.
    case diskFull
    /// There is room again.
    case diskHasRoom
}

/// Counts notices and passes them on.
final class EngineNotices: Sendable {
    private let compactions = Atomic<UInt64>(0)
    private let replacements = Atomic<UInt64>(0)
    private let pushes = Atomic<UInt64>(0)
    private let listener: @Sendable (EngineNotice) -> Void

    init(_ listener: @escaping @Sendable (EngineNotice) -> Void) { self.listener = listener }

    var compactionCount: UInt64 { compactions.load(ordering: .relaxed) }

    var replacementCount: UInt64 { replacements.load(ordering: .relaxed) }

    var pushCount: UInt64 { pushes.load(ordering: .relaxed) }

    func tell(_ notice: EngineNotice) {
        switch notice {
        case .compacted: compactions.add(1, ordering: .relaxed)
        case .replaced: replacements.add(1, ordering: .relaxed)
        case .pushed: pushes.add(1, ordering: .relaxed)
        case .copyFailed, .uploadFailed, .diskFull, .diskHasRoom: break
        }
        listener(notice)
    }
}
