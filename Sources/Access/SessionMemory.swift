import Seams
import Vocabulary

/// What is remembered of sessions, and what of it counts. Pure: it is told every time, and asks nobody.
///
/// A number that every change raises keeps out what was read before a change and comes in after it.
struct SessionMemory {
    struct Entry {
        let grant: SessionGrant
        let readAt: Instant
        /// `changes` when it was read.
        let ticket: UInt64
        /// Until then it counts without another look.
        var good: Instant
    }

    private struct Refusal {
        let error: AccessError
        let readAt: Instant
        let ticket: UInt64
    }

    enum Look {
        case good(SessionGrant)
        case refused(AccessError)
        /// It is known, and has to be read again.
        case stale
        /// Nothing is known of it.
        case strange
    }

    /// When somebody looks, by both clocks, and when the catalog was last heard.
    struct Moment {
        let now: Instant
        let wall: WallTime
        let heard: Instant
    }

    /// What was forgotten to make room: to be freed outside of locks.
    typealias Dropped = [TokenDigest: Entry]

    /// Users share slots, so that memory does not grow with them: a change forgets the others of its slot too.
    private static let slots = 4096
    private static let refusals = 10_000
    /// Nanoseconds for which an end by this node's clock is believed: the clock may be wrong, and use elsewhere puts ends off.
    private static let expiry: UInt64 = 5_000_000_000
    /// Nanoseconds between two looks at one session while the catalog is silent.
    private static let silence: UInt64 = 5_000_000_000
    /// Tenants that weigh as much as a session with one.
    private static let tenantsInOne = 16

    /// Nanoseconds within which a change is seen.
    let bound: UInt64
    private let staleFor: UInt64
    private var entries: TwoGenerations<TokenDigest, Entry>
    private var refused = TwoGenerations<TokenDigest, Refusal>(capacity: refusals)
    private(set) var changes: UInt64 = 0
    /// For each slot of users, `changes` when one of them last changed.
    private var changed = [UInt64](repeating: 0, count: slots)
    /// `changes` when changes were last missed, of anybody.
    private var missed: UInt64 = 0

    init(capacity: Int, bound: UInt64, staleFor: UInt64) {
        self.bound = bound
        self.staleFor = staleFor
        entries = TwoGenerations(capacity: capacity) { 1 + $0.grant.memberships.count / Self.tenantsInOne }
    }

    var count: Int { entries.count }
    /// Nanoseconds of the catalog's silence beyond which nothing counts.
    var patience: UInt64 { bound + staleFor }

    // MARK: Looks

    mutating func look(_ digest: TokenDigest, at moment: Moment, dropping dropped: inout Dropped) -> Look {
        if let entry = entries.value(for: digest, dropping: &dropped) {
            return isCurrent(entry) && isGood(entry, moment) ? .good(entry.grant) : .stale
        }
        guard let refusal = refused.value(for: digest) else { return .strange }
        let isOver = refusal.error == .tokenExpired && moment.now.nanoseconds(since: refusal.readAt) >= Self.expiry
        return isOver || refusal.ticket < missed ? .stale : .refused(refusal.error)
    }

    /// Nothing that was read of its user before the last change counts.
    private func isCurrent(_ entry: Entry) -> Bool { entry.ticket >= oldest(for: entry) }

    private func oldest(for entry: Entry) -> UInt64 { max(changed[Self.slot(entry.grant.user)], missed) }

    private func isGood(_ entry: Entry, _ moment: Moment) -> Bool {
        isHeard(entry, moment) && moment.now < entry.good
            && moment.wall.milliseconds < entry.grant.expires.milliseconds
    }

    private func isHeard(_ entry: Entry, _ moment: Moment) -> Bool {
        moment.now.nanoseconds(since: max(moment.heard, entry.readAt)) <= patience
    }

    /// The smallest ticket of a read whose outcome counts for somebody who asks now.
    mutating func ticket(for digest: TokenDigest) -> UInt64 {
        guard let entry = entries.value(for: digest) else { return changes }
        return oldest(for: entry)
    }

    // MARK: What reads come to

    mutating func keep(_ grant: SessionGrant, for digest: TokenDigest, ticket: UInt64, readAt: Instant) -> Dropped {
        refused.remove(digest)
        let kept = min(grant.keep, UInt64.max - readAt.nanoseconds)
        return entries.insert(
            Entry(grant: grant, readAt: readAt, ticket: ticket, good: readAt.advanced(byNanoseconds: kept)),
            for: digest)
    }

    mutating func refuse(_ digest: TokenDigest, _ error: AccessError, ticket: UInt64, readAt: Instant) {
        entries.remove(digest)
        refused.insert(Refusal(error: error, readAt: readAt, ticket: ticket), for: digest)
    }

    /// The catalog does not answer: what is known counts for as long as was chosen for that.
    ///
    /// - Returns: nil where nothing does.
    mutating func leanOn(_ digest: TokenDigest, at moment: Moment) -> SessionGrant? {
        guard staleFor > 0, var entry = entries.value(for: digest), isCurrent(entry), isHeard(entry, moment),
            moment.wall.milliseconds < entry.grant.expires.milliseconds
        else { return nil }
        entry.good = moment.now.advanced(byNanoseconds: Self.silence)
        entries.insert(entry, for: digest)
        return entry.grant
    }

    // MARK: Changes

    mutating func invalidate(_ user: UserID) {
        changes += 1
        changed[Self.slot(user)] = changes
    }

    mutating func invalidateAll() {
        changes += 1
        missed = changes
    }

    /// Ids are random, so their low bits spread.
    private static func slot(_ user: UserID) -> Int { Int(user.rawValue % UInt64(slots)) }
}
