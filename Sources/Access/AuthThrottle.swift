import Glibc
package import Seams
import Synchronization

/// Slows down guessing: after a burst of failures an address or an account gets one more attempt at a time.
///
/// Only failures are counted. The table is bounded; a flood of addresses makes it forget the quietest, never refuse others.
package final class AuthThrottle: Sendable {
    package enum Subject: Hashable, Sendable {
        /// An IPv6 address stands for its /64, since that is what one customer gets.
        case address([UInt8])
        case account(String)
        /// An account as it is tried from where somebody has got in.
        case accountFrom(String, [UInt8])

        /// - Parameter text: an address as text; anything else counts as itself.
        package static func address(text: String) -> Subject {
            var bytes = [UInt8](repeating: 0, count: 16)
            if inet_pton(AF_INET, text, &bytes) == 1 { return .address(Array(bytes.prefix(4))) }
            if inet_pton(AF_INET6, text, &bytes) == 1 {
                let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
                return .address(bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : Array(bytes.prefix(8)))
            }
            return .address(Array(text.utf8.prefix(64)))
        }

        /// How an address is named where one customer is to be one name: an IPv6 address as its /64.
        package static func network(of text: String) -> String {
            guard case .address(let bytes) = address(text: text), bytes.count == 8,
                text.utf8.contains(UInt8(ascii: ":"))
            else { return text }
            let words = stride(from: 0, to: 8, by: 2).map {
                String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
            }
            return words.joined(separator: ":") + "::/64"
        }
    }

    /// Failures that are free.
    package static let burst: UInt64 = 10
    /// Nanoseconds after which one failure is forgotten.
    package static let interval: UInt64 = 6_000_000_000

    private let time: any TimeSource
    /// For each subject, when all its failures will be forgotten.
    private let debts: Mutex<TwoGenerations<Subject, Instant>>
    /// Accounts with addresses from which somebody has got in.
    private let familiar: Mutex<TwoGenerations<Subject, Bool>>

    /// - Parameter capacity: subjects at most.
    package init(capacity: Int = 20_000, time: any TimeSource) {
        self.time = time
        debts = Mutex(TwoGenerations(capacity: capacity))
        familiar = Mutex(TwoGenerations(capacity: capacity))
    }

    /// What an attempt at an account counts for. Whoever comes from where its owner has got in is not slowed down by what others
    /// fail at elsewhere.
    ///
    /// - Parameter address: as text; empty where it is not known.
    package func subject(of account: String, from address: String) -> Subject {
        guard let known = Self.place(account, address) else { return .account(account) }
        return familiar.withLock { $0.value(for: known) } == nil ? .account(account) : known
    }

    /// Somebody has got into an account.
    package func gotIn(_ account: String, from address: String) {
        guard let known = Self.place(account, address) else { return }
        familiar.withLock { _ = $0.insert(true, for: known) }
    }

    private static func place(_ account: String, _ address: String) -> Subject? {
        guard !address.isEmpty, case .address(let bytes) = Subject.address(text: address) else { return nil }
        return .accountFrom(account, bytes)
    }

    /// - Throws: `rateLimited` while the subject's failures are too many.
    package func check(_ subject: Subject) throws(AccessError) {
        let now = time.monotonic()
        try Self.check(debts.withLock({ $0.value(for: subject) }), at: now)
    }

    /// Counts an attempt as failed before it is known to be, so that those which are under way at once do not all pass.
    ///
    /// - Throws: `rateLimited` as `check`; nothing is counted then.
    package func take(_ subject: Subject) throws(AccessError) {
        let now = time.monotonic()
        let refusal = debts.withLock { debts -> AccessError? in
            let clear = debts.value(for: subject)
            do throws(AccessError) { try Self.check(clear, at: now) } catch { return error }
            Self.count(subject, after: clear, at: now, &debts)
            return nil
        }
        if let refusal { throw refusal }
    }

    /// An attempt that was taken did not fail.
    package func giveBack(_ subject: Subject) {
        debts.withLock { debts in
            guard let clear = debts.value(for: subject) else { return }
            let less = clear.nanoseconds - min(clear.nanoseconds, Self.interval)
            debts.insert(Instant(nanoseconds: less), for: subject)
        }
    }

    private static func check(_ clear: Instant?, at now: Instant) throws(AccessError) {
        guard let clear else { return }
        let free = Self.interval * (Self.burst - 1)
        let debt = clear.nanoseconds(since: now)
        guard debt > free else { return }
        throw .rateLimited(retryAfterSeconds: Int((debt - free + 999_999_999) / 1_000_000_000))
    }

    /// Counts one failure, and never more than the burst ahead: a stubborn client is not locked out for hours.
    package func failed(_ subject: Subject) {
        let now = time.monotonic()
        debts.withLock { Self.count(subject, after: $0.value(for: subject), at: now, &$0) }
    }

    private static func count(
        _ subject: Subject, after clear: Instant?, at now: Instant, _ debts: inout TwoGenerations<Subject, Instant>
    ) {
        let most = now.advanced(byNanoseconds: interval * burst)
        debts.insert(min(max(clear ?? now, now).advanced(byNanoseconds: interval), most), for: subject)
    }
}
