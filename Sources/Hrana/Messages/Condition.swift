/// When a step of a batch runs. A decoded condition refers only to steps before its own and nests at most as deep as the
/// decoder's limit, so recursion over it is bounded.
package indirect enum Condition: Hashable, Sendable {
    /// The step at this index ran and succeeded.
    case ok(Int)
    /// The step at this index ran and failed.
    case error(Int)
    case not(Condition)
    /// True when empty.
    case and([Condition])
    /// False when empty.
    case or([Condition])
    /// No transaction is open. Version 3 only.
    case isAutocommit

    /// Whether the condition holds.
    ///
    /// A skipped step is neither ok nor an error.
    ///
    /// - Parameter outcomes: what became of each step so far; every step that the condition refers to must be in it.
    package func holds(after outcomes: [StepOutcome], isAutocommit: Bool) -> Bool {
        switch self {
        case .ok(let step): outcomes[step] == .ok
        case .error(let step): outcomes[step] == .error
        case .not(let inner): !inner.holds(after: outcomes, isAutocommit: isAutocommit)
        case .and(let all): all.allSatisfy { $0.holds(after: outcomes, isAutocommit: isAutocommit) }
        case .or(let any): any.contains { $0.holds(after: outcomes, isAutocommit: isAutocommit) }
        case .isAutocommit: isAutocommit
        }
    }
}
