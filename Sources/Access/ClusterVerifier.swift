import Crypto
package import Seams
import Synchronization
import Vocabulary

/// Checks that a request comes from a node of the cluster, and comes once. Any thread may ask.
package final class ClusterVerifier: Sendable {
    /// For the log; to the street, everything but `genuine` looks like a path that does not exist.
    package enum Verdict: Equatable, Sendable {
        case genuine
        case missing
        case malformed
        /// Not made with this cluster's key, or not for this request.
        case forged
        /// Older or newer than the window: a replay, or a node whose clock is off by that many milliseconds.
        case outsideWindow(milliseconds: Int64)
        case replayed
        /// Made before this process began to remember nonces, or before those that it still has: it may have been used.
        case forgotten
        /// More requests within the window than nonces can be remembered.
        case tooMany
    }

    /// Milliseconds that a signature is good for, either way.
    package static let window: Int64 = 30_000
    /// Nonces remembered: 17,000 requests a second over the whole window, in some 16 MiB when full.
    package static let defaultCapacity = 1 << 20

    /// The key's state, prepared once and copied for each use.
    private let prepared: HMAC<SHA256>
    private let time: any TimeSource
    /// When this process began to remember, by both clocks.
    private let began: (wall: Int64, monotonic: Instant)
    private let nonces: Mutex<NonceMemory>

    /// One for each kind of request, so that one kind cannot fill the memory of another.
    ///
    /// - Parameter capacity: nonces that it remembers; beyond, requests are refused.
    package init(key: ClusterKey, time: any TimeSource, capacity: Int = defaultCapacity) {
        prepared = HMAC(key: key.derived(for: ClusterSigner.purpose))
        self.time = time
        began = (time.wall().milliseconds, time.monotonic())
        nonces = Mutex(NonceMemory(window: Self.window, capacity: capacity))
    }

    /// - Parameter signature: the header's value.
    package func verify(_ request: SignedRequest, signature: String?) -> Verdict {
        guard let signature else { return .missing }
        guard let claimed = RequestSignature(signature) else { return .malformed }
        let now = time.wall().milliseconds
        let (age, overflow) = now.subtractingReportingOverflow(claimed.time)
        guard !overflow, age.magnitude <= UInt64(Self.window) else { return .outsideWindow(milliseconds: age) }
        let code = RequestSignature.code(for: request, time: claimed.time, nonce: claimed.nonce, prepared: prepared)
        guard Digests.areEqual(code, claimed.code) else { return .forged }
        guard !isFromBefore(claimed.time) else { return .forgotten }
        // Only genuine nonces are remembered: nobody outside can fill the memory.
        switch nonces.withLock({ $0.admit(claimed.nonce, time: claimed.time, now: now) }) {
        case .new: return .genuine
        case .seen: return .replayed
        case .full: return .tooMany
        case .forgotten: return .forgotten
        }
    }

    /// The process before this one may have taken it. A node whose clock is behind waits by so much after a restart.
    ///
    /// Asked only as long as such a signature is within the window by a steady clock: one that began with its clock far
    /// ahead is not to refuse everybody until that time has come.
    private func isFromBefore(_ stated: Int64) -> Bool {
        guard stated < began.wall else { return false }
        return time.monotonic().nanoseconds(since: began.monotonic) <= UInt64(2 * Self.window) * 1_000_000
    }
}
