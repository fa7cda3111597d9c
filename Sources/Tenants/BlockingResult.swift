import Lanes

/// Where a service thread waits for a work.
final class BlockingResult: @unchecked Sendable {
    // @unchecked: guarded by the gate.
    private let gate = Gate()
    private var error: (any Error)?
    private var isOpen = false

    func set(_ error: (any Error)?) { gate.withLock { self.error = error } }

    func open() {
        gate.withLock { isOpen = true }
        gate.broadcast()
    }

    func wait() throws {
        let failure: (any Error)? = gate.withLock {
            gate.wait(while: { !isOpen })
            return error
        }
        if let failure { throw failure }
    }
}
