import Synchronization

/// A value that may be replaced while others use it. Who asks gets the one of that moment, whole.
package final class Current<Value: Sendable>: Sendable {
    private let held: Mutex<Value>

    package init(_ value: Value) { held = Mutex(value) }

    package var value: Value {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }
}
