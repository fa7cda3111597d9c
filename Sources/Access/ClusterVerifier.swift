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
    private let nonces: Mutex<NonceMemory>

    package init(key: ClusterKey, time: any TimeSource, capacity: Int = defaultCapacity) {
        prepared = HMAC(key: key.derived(for: ClusterSigner.purpose))
        self.time = time
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
        // Only genuine nonces are remembered: nobody outside can fill the memory.
        switch nonces.withLock({ $0.admit(claimed.nonce, time: claimed.time, now: now) }) {
        case .new: return .genuine
        case .seen: return .replayed
        case .full: return .tooMany
        }
    }
}
