import Lanes

/// Lets a service thread wait for several works.
final class WorkGroup: @unchecked Sendable {
    // @unchecked: guarded by the gate.
    private let gate = Gate()
    private var running: Int

    init(_ count: Int) { running = count }

    func leave() {
        gate.withLock { running -= 1 }
        gate.signal()
    }

    /// Waits as long as one after the other is done, and then for at most so long for the next.
    ///
    /// - Returns: whether all are.
    func wait(forEachAtMost nanoseconds: UInt64) -> Bool {
        while true {
            let isSame = gate.withLock {
                let before = running
                return before > 0 && !gate.wait(atMost: nanoseconds, while: { running == before })
            }
            if isSame { return false }
            // Below 0 where the journal was given up: a work that is done is refused as well then.
            if gate.withLock({ running <= 0 }) { return true }
        }
    }

    func wait() { gate.withLock { gate.wait(while: { running > 0 }) } }
}
