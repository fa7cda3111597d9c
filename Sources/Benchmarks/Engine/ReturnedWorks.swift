import Lanes

/// Where answered works wait for the driver. Whoever puts one there pays for a wake-up only when the driver sleeps.
final class ReturnedWorks: @unchecked Sendable {
    // @unchecked: guarded by the gate.
    private let gate = Gate()
    private var works: [StatementWork] = []
    private var isSleeping = false

    func put(_ work: StatementWork) {
        let mustWake = gate.withLock {
            works.append(work)
            defer { isSleeping = false }
            return isSleeping
        }
        if mustWake { gate.signal() }
    }

    /// Moves everything into `taken`, which is empty; waits for something at most so long.
    func take(into taken: inout [StatementWork], waitingAtMost nanoseconds: UInt64) {
        gate.withLock {
            if works.isEmpty {
                isSleeping = true
                _ = gate.wait(atMost: nanoseconds, while: { works.isEmpty })
                isSleeping = false
            }
            swap(&works, &taken)
        }
    }
}
