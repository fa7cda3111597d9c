import Lanes

/// Lets a service thread wait for several works.
final class WorkGroup: @unchecked Sendable {
    // @unchecked: guarded by the gate.
    private let gate = Gate()
    private var running: Int

    init(_ count: Int) { running = count }

    func leave() {
        let last = gate.withLock {
            running -= 1
            return running == 0
        }
        if last { gate.signal() }
    }

    func wait() { gate.withLock { gate.wait(while: { running > 0 }) } }
}
