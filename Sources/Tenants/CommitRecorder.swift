import Journal
import SQLiteKit
import Seams
import Synchronization
import Vocabulary

/// Turns one tenant's commits into journal records, at the commit point and on the committing thread.
final class CommitRecorder: CommitObserver, @unchecked Sendable {
    // @unchecked: everything but the atomics belongs to the tenant's thread, as SQLite's write lock does.
    enum Refusal: Sendable {
        case transactionTooLarge
        case diskFull
        case journalFull

        init(_ refusal: JournalRefusal) {
            switch refusal {
            case .tooLarge: self = .transactionTooLarge
            case .diskFull: self = .diskFull
            case .busy, .journalFull, .ended: self = .journalFull
            }
        }
    }

    private let tenant: TenantID
    private let journal: Journal
    private let dirty: DirtyTenants
    private let encoders: EncoderPool
    private let time: any TimeSource
    private let transactionBytes: Int
    private let removedPages: UInt32
    private var reservedBytes = 0
    private var pages = 0
    /// Pages that the transaction under way, or the one that was rolled back last, has put into the log.
    private(set) var loggedPages = 0

    /// The newest committed facts. On the tenant's thread.
    private(set) var state: TenantState
    /// Why room was last refused, until it is asked for.
    private var refusal: Refusal?
    private var isAbandoned = false
    /// The tenant is frozen: the second net under the sessions' own rule.
    var isHeld = false
    /// What runs now may go on where the disk is full (rule J6).
    var givesRoomBack = false
    /// For a tenant that has replicas.
    var touched: TouchedPages?
    /// While a copy of the file is made beside the writes.
    var followed: ChangedPages?
    private let faults: EngineFaults

    private let newest: Atomic<UInt64>
    private let commits: CommitCount
    /// What the tenant uses, for whoever shares tenants out.
    let load: LoadCounter

    /// - Parameter event: the record that made the tenant, where it may not be durable yet.
    init(
        tenant: TenantID, state: TenantState, journal: Journal, dirty: DirtyTenants, encoders: EncoderPool,
        context: DatabaseContext, after event: LSN
    ) {
        self.tenant = tenant
        self.state = state
        self.journal = journal
        self.dirty = dirty
        self.encoders = encoders
        time = context.time
        transactionBytes = context.settings.transactionBytes
        removedPages = context.settings.removedPages
        faults = context.faults
        newest = Atomic(event.rawValue)
        commits = context.commitCount
        load = context.loads.counter(of: tenant)
    }

    /// The newest commit's LSN: published before any reader can see the commit, so that an answer that waits for it
    /// never tells of a commit that could still be lost (rule J1).
    var newestLSN: LSN { LSN(newest.load(ordering: .acquiring)) }

    func takeRefusal() -> Refusal? {
        defer { refusal = nil }
        return refusal
    }

    /// Another record of this tenant than a commit.
    func didAppend(_ lsn: LSN) {
        newest.store(max(newest.load(ordering: .relaxed), lsn.rawValue), ordering: .releasing)
    }

    /// The file is another one from now on, by this record.
    func goOn(as next: TenantState, _ lsn: LSN) {
        state = next
        didAppend(lsn)
    }

    /// Nothing of this file goes into the journal from now on.
    func abandon() {
        isAbandoned = true
        releaseReservation()
    }

    /// A page takes at most this much of a record.
    static let worstPageBytes = 4_096 + 32
    /// Room is asked for in steps that grow with the transaction, so that a large one asks rarely.
    private static let firstStep = 4
    private static let largestStep = 256
    /// How long a lane waits for the flusher to make room; it needs nothing from the lane.
    private static let patience: UInt64 = 50_000_000

    func reservePage() -> Bool {
        guard !isAbandoned, !isHeld else {
            refusal = .journalFull
            return false
        }
        // What an earlier transaction was refused for is not this one's reason.
        if pages == 0 {
            refusal = nil
            loggedPages = 0
        }
        let wanted = (pages + 1) * Self.worstPageBytes
        guard wanted <= transactionBytes else {
            refusal = .transactionTooLarge
            return false
        }
        guard wanted > reservedBytes else {
            loggedPages += 1
            pages += 1
            return true
        }
        let step = min(max(Self.firstStep, pages), Self.largestStep)
        let bytes = min(step * Self.worstPageBytes, transactionBytes - reservedBytes)
        do throws(JournalRefusal) {
            try reserve(bytes)
            reservedBytes += bytes
            loggedPages += 1
            pages += 1
            return true
        } catch {
            refusal = Refusal(error)
            return false
        }
    }

    private func reserve(_ bytes: Int) throws(JournalRefusal) {
        do throws(JournalRefusal) {
            try journal.reserve(bytes, held: reservedBytes, for: purpose)
        } catch {
            switch error {
            case .busy: try journal.reserve(bytes, held: reservedBytes, for: purpose, waitingAtMost: Self.patience)
            case .diskFull where givesRoomBack: try journal.reserve(bytes, held: reservedBytes, for: .relief)
            default: throw error
            }
        }
    }

    private var purpose: Purpose {
        if tenant == .nodeState { return .upkeep }
        return tenant.isReserved ? .relief : .ordinary
    }

    /// Harmless where there is none.
    func releaseReservation() {
        guard pages > 0 || reservedBytes > 0 else { return }
        if faults.countRollbacks { state.txid = state.txid.next }
        journal.release(reservedBytes)
        reservedBytes = 0
        pages = 0
    }

    func commit(_ commit: borrowing CapturedCommit) {
        // The file is nobody's any more: its tenant was dropped or replaced while a statement was running.
        guard !isAbandoned else { return }
        var next = state
        next.txid = state.txid.next
        next.time = faults.timeMayGoBack ? time.wall() : max(state.time, time.wall())
        next.pageCount = commit.pageCountAfter
        let lent = encoders.take()
        let encoder = lent.encoder
        encoder.begin(pageCountBefore: commit.pageCountBefore)
        var sum = state.checksum
        var isKnown = state.isChecksumKnown
        var changed: UInt64 = 0
        commit.forEachPage { number, previous, current, isLost in
            changed += 1
            // The record has the page whole then: nothing else is lost with it.
            if isLost { isKnown = false }
            let hash = PageHash.of(page: current, number: number)
            if let previous { sum ^= PageHash.of(page: previous, number: number) }
            sum ^= hash
            touched?.note(number)
            followed?.note(number)
            encoder.append(page: number, previous: previous, current: current, hash: hash)
        }
        if followed != nil { commit.forEachSkippedPage { followed?.note($0) } }
        if isKnown, let change = checksumOfSizeChange(commit) { sum ^= change } else { isKnown = false }
        next.checksum = isKnown ? sum : TenantState.unknownChecksum
        encoder.finish(RecordStamp(tenant, next), pageCount: next.pageCount, checksum: next.checksum)
        // Told before the LSN is given: a recovery point computed meanwhile cannot pass it.
        dirty.willCommit(tenant, after: journal.lastLSN)
        let lsn = journal.append(encoder, reserved: reservedBytes).last
        encoders.give(back: lent)
        reservedBytes = 0
        pages = 0
        loggedPages = 0
        state = next
        newest.store(lsn.rawValue, ordering: .releasing)
        commits.add()
        load.wrote(changed * UInt64(PageHash.pageSize))
    }

    /// Pages cut off or skipped by growth count in the rolling checksum too.
    ///
    /// - Returns: nil where a page cut off cannot be read, or there are too many to read while everybody waits.
    private func checksumOfSizeChange(_ commit: borrowing CapturedCommit) -> UInt64? {
        let isLarge = commit.pageCountBefore > commit.pageCountAfter.addingReportingOverflow(removedPages).partialValue
        guard !isLarge else { return nil }
        var sum: UInt64 = 0
        var isKnown = true
        commit.forEachRemovedPage { number, previous in
            if let previous { sum ^= PageHash.of(page: previous, number: number) } else { isKnown = false }
        }
        commit.forEachSkippedPage { sum ^= PageHash.ofZeroPage(number: $0) }
        return isKnown ? sum : nil
    }

    /// The file was read to its end, with nothing in the log that it does not have.
    func found(_ sum: FileChecksum) {
        guard sum.pageCount == state.pageCount else { return }
        state.checksum = sum.checksum
    }
}

extension RecordStamp {
    init(_ tenant: TenantID, _ state: TenantState) {
        self.init(
            tenant: tenant, generation: state.generation, epoch: state.epoch, txid: state.txid, time: state.time)
    }
}
