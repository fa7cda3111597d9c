package import Seams
import Synchronization
package import Vocabulary

/// Something about who came that is to be written down.
package struct AccessNote: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// A credential that was not let in, by the code of the refusal.
        case refused(code: String)
        /// A support token was used: its id, who has it, on which tenant.
        case support(token: String, supporter: String, tenant: TenantID)
    }

    package let kind: Kind
    /// Where it came from.
    package let address: String

    package init(_ kind: Kind, from address: String) {
        self.kind = kind
        self.address = address
    }
}

/// Collects notes between two looks of whoever writes them down: how often each was made. Any thread may add; it never waits.
///
/// Bounded, whoever knocks: a flood of addresses is one number.
package final class AccessNotes: Sendable {
    fileprivate struct State {
        var counts: [AccessNote: Int] = [:]
        /// Refusals from addresses that found no room.
        var others = 0
        var refusalsTold: Instant?
        var supportTold: [AccessNote: Instant] = [:]
    }

    package struct Told: Equatable, Sendable {
        /// nil: refusals from further addresses.
        package let note: AccessNote?
        package let count: Int
    }

    /// Different notes of one kind, refusals or uses, at most.
    fileprivate static let most = 64
    /// Nanoseconds between two looks at refusals, and between two entries of one token's use.
    package static let pause: UInt64 = 60_000_000_000

    private let time: any TimeSource
    private let state = Mutex(State())

    package init(time: any TimeSource) { self.time = time }

    package func add(_ note: AccessNote) {
        state.withLock { state in
            if state.counts[note] != nil || state.counts.count < Self.most * 2 && state.hasRoom(for: note) {
                state.counts[note, default: 0] += 1
            } else {
                state.others += 1
            }
        }
    }

    /// What is due: a token's use at once, then as often as `pause` allows; refusals once in a `pause`.
    ///
    /// - Returns: in a fixed order; empty where nothing is due.
    package func take() -> [Told] {
        let now = time.monotonic()
        return state.withLock { $0.take(now) }
    }

    /// What was taken could not be written down: it is to be taken again.
    package func putBack(_ told: [Told]) {
        state.withLock { state in
            state.refusalsTold = nil
            for one in told {
                guard let note = one.note else {
                    state.others += one.count
                    continue
                }
                state.supportTold[note] = nil
                state.counts[note, default: 0] += one.count
            }
        }
    }
}

extension AccessNotes.State {
    fileprivate func hasRoom(for note: AccessNote) -> Bool {
        counts.keys.count { $0.isRefusal == note.isRefusal } < AccessNotes.most
    }

    fileprivate mutating func take(_ now: Instant) -> [AccessNotes.Told] {
        supportTold = supportTold.filter { now.nanoseconds(since: $0.value) < AccessNotes.pause }
        let tellsRefusals = refusalsTold.map { now.nanoseconds(since: $0) >= AccessNotes.pause } ?? true
        let due = counts.filter { $0.key.isRefusal ? tellsRefusals : supportTold[$0.key] == nil }
        for note in due.keys {
            counts[note] = nil
            if !note.isRefusal { supportTold[note] = now }
        }
        var told = due.map { AccessNotes.Told(note: $0.key, count: $0.value) }
        told.sort { ($0.note?.address ?? "", $0.count) < ($1.note?.address ?? "", $1.count) }
        if tellsRefusals, others > 0 {
            told.append(AccessNotes.Told(note: nil, count: others))
            others = 0
        }
        if tellsRefusals, told.contains(where: { $0.note?.isRefusal ?? true }) { refusalsTold = now }
        return told
    }
}

extension AccessNote {
    var isRefusal: Bool {
        if case .refused = kind { true } else { false }
    }
}
