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
/// Bounded, whoever knocks and from however many addresses: of refusals the most frequent networks, at first each minute and less often
/// the longer it lasts; of a support token's uses one entry a minute.
package final class AccessNotes: Sendable {
    package struct Told: Equatable, Sendable {
        package enum What: Hashable, Sendable {
            /// By an address, or the network that an IPv6 address is of.
            case refused(code: String, origin: String)
            case support(token: String, supporter: String, tenant: TenantID, origins: [String])
            /// From networks that are not named.
            case otherRefusals
            /// Of support tokens that are not named.
            case otherUses
        }

        package let what: What
        package let count: Int

        package init(_ what: What, count: Int) {
            self.what = what
            self.count = count
        }
    }

    private let time: any TimeSource
    private let state = Mutex(Collected())

    package init(time: any TimeSource) { self.time = time }

    package func add(_ note: AccessNote) {
        state.withLock { state in
            switch note.kind {
            case .refused(let code): state.refusals.add(code, AuthThrottle.Subject.network(of: note.address))
            case .support: state.uses.add(note.kind, note.address)
            }
        }
    }

    /// What is due: a token's first use at once, then once a minute; refusals after pauses that grow from a minute to ten.
    ///
    /// - Returns: in a fixed order; empty where nothing is due.
    package func take() -> [Told] {
        let now = time.monotonic()
        return state.withLock { $0.uses.take(now) + $0.refusals.take(now) }
    }

    /// What was taken could not be written down: it is to be taken again.
    package func putBack(_ told: [Told]) {
        state.withLock { state in
            for one in told {
                switch one.what {
                case .refused, .otherRefusals: state.refusals.putBack(one)
                case .support, .otherUses: state.uses.putBack(one)
                }
            }
        }
    }

    private struct Collected {
        var refusals = RefusalNotes()
        var uses = SupportNotes()
    }
}
