import Journal
import Vocabulary

/// Appends the records that are not commits: a file came into being, was replaced, disappeared (rule J8).
final class EventRecorder: Sendable {
    private let journal: Journal
    private let dirty: DirtyTenants
    private static let roomForAnEvent = 4_096

    init(journal: Journal, dirty: DirtyTenants) {
        self.journal = journal
        self.dirty = dirty
    }

    /// - Returns: the record's LSN; the event has happened when it is durable.
    func created(_ tenant: TenantID, _ state: TenantState, template: UInt64) throws(TenantsError) -> LSN {
        try append(tenant, .ordinary) {
            $0.encodeCreated(
                RecordStamp(tenant, state), template: template, pageCount: state.pageCount, checksum: state.checksum)
        }
    }

    /// The new file and its folder are synced.
    func replaced(_ tenant: TenantID, _ state: TenantState, previous: Generation) throws(TenantsError) -> LSN {
        try append(tenant, .ordinary) {
            $0.encodeReplaced(
                RecordStamp(tenant, state), previous: previous, pageCount: state.pageCount, checksum: state.checksum)
        }
    }

    func dropped(_ tenant: TenantID, _ state: TenantState) throws(TenantsError) -> LSN {
        try append(tenant, .relief) { $0.encodeDropped(RecordStamp(tenant, state)) }
    }

    private func append(_ tenant: TenantID, _ purpose: Purpose, _ encode: (RecordEncoder) -> Void) throws(TenantsError)
        -> LSN
    {
        do throws(JournalRefusal) {
            try journal.reserve(Self.roomForAnEvent, for: purpose)
        } catch {
            throw error == .diskFull ? .diskFull : .busy(queue: "journal")
        }
        let encoder = journal.makeEncoder()
        encode(encoder)
        dirty.willCommit(tenant, after: journal.lastLSN)
        return journal.append(encoder, reserved: Self.roomForAnEvent).last
    }
}
