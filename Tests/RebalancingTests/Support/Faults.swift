import Foundation
import Seams
import Synchronization

/// What happens at the Nth step of a run: a step is one call to the catalog or to another node.
final class Faults: Sendable {
    enum Fault: Sendable, Equatable {
        /// Never arrives.
        case loseRequest
        /// Happens, and nobody hears of it.
        case loseAnswer
        /// Happens twice.
        case duplicate
        /// Happens a while after its caller gave up on it.
        case delay
        case crashBefore(String)
        case crashAfter(String)
        /// From here on nothing of this node reaches the catalog, or no answer reaches it, for two seconds: longer than
        /// anybody repeats a write.
        case cut(String, answersOnly: Bool)
        /// Every copy that is sent is changed by one bit.
        case garble

        var isCrash: Bool {
            switch self {
            case .crashBefore, .crashAfter: true
            default: false
            }
        }
    }

    private struct State {
        var isArmed = false
        var count = 0
        var fault: (step: Int, fault: Fault)?
        var names: [String] = []
        var cut: (node: String, answersOnly: Bool, until: Instant)?
    }

    private let state = Mutex(State())

    /// Counts from here on.
    func arm(_ fault: Fault?, at step: Int = 0) {
        state.withLock { state in
            state = State()
            state.isArmed = true
            state.fault = fault.map { (step, $0) }
        }
    }

    func disarm() { state.withLock { $0.isArmed = false } }

    var steps: [String] { state.withLock { $0.names } }

    func next(_ name: String) -> Fault? {
        state.withLock { state in
            guard state.isArmed else { return nil }
            defer { state.count += 1 }
            state.names.append(name)
            guard let fault = state.fault, fault.step == state.count else { return ongoing(state, name) }
            if case .cut(let node, let answersOnly) = fault.fault {
                let until = SystemTime().monotonic().advanced(byNanoseconds: 2_000_000_000)
                state.cut = (node, answersOnly, until)
                return ongoing(state, name)
            }
            return fault.fault
        }
    }

    var garbles: Bool { state.withLock { $0.isArmed && $0.fault?.fault == .garble } }

    private func ongoing(_ state: State, _ name: String) -> Fault? {
        guard let cut = state.cut, name == "\(cut.node) catalog", SystemTime().monotonic() < cut.until else {
            return nil
        }
        return cut.answersOnly ? .loseAnswer : .loseRequest
    }
}

/// For whoever watches a long test run.
func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
