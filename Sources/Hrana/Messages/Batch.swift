/// Statements that run one after the other on one connection, each perhaps on a condition. A failing step does not stop
/// the ones after it.
package struct Batch: Hashable, Sendable {
    package var steps: [BatchStep]

    package init(steps: [BatchStep]) { self.steps = steps }
}

package struct BatchStep: Hashable, Sendable {
    package var statement: Statement
    /// The step runs only if this holds; nil means always.
    package var condition: Condition?

    package init(_ statement: Statement, condition: Condition? = nil) {
        self.statement = statement
        self.condition = condition
    }
}

/// What became of a step of a batch.
package enum StepOutcome: Hashable, Sendable {
    case ok, error, skipped
}
