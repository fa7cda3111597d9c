import Lanes

/// Where a service thread waits for a work.
final class BlockingResult<Value>: @unchecked Sendable {
    // @unchecked: guarded by the gate.
    private let gate = Gate()
    private var value: Value?

    /// The first value counts.
    func set(_ value: Value) {
        gate.withLock { if self.value == nil { self.value = value } }
        gate.broadcast()
    }

    /// - Returns: nil if there is none by then.
    func wait(atMost nanoseconds: UInt64) -> Value? {
        gate.withLock {
            _ = gate.wait(atMost: nanoseconds, while: { value == nil })
            return value
        }
    }

    func wait() -> Value {
        gate.withLock {
            gate.wait(while: { value == nil })
            return value!
        }
    }
}
