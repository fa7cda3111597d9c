import Contract
import HTTPTypes
import Synchronization

/// What the bodies of other nodes' calls hold in memory together: bounded.
package final class InternalBodies: Sendable {
    private let held = Atomic<Int>(0)
    private let most: Int

    /// - Parameter most: bytes; one body of the largest size always has room.
    package init(most: Int) { self.most = max(most, InternalSignature.wholeBytes) }

    /// - Throws: 503 where that many bytes are not left; what `body` throws.
    @discardableResult
    func holding<Result>(_ bytes: Int, _ body: () async throws -> Result) async throws -> Result {
        let before = held.add(bytes, ordering: .relaxed).oldValue
        defer { held.subtract(bytes, ordering: .relaxed) }
        guard before + bytes <= most else {
            throw APIError(.busy, "too many calls of other nodes are in memory", retryAfter: 1)
        }
        return try await body()
    }
}
