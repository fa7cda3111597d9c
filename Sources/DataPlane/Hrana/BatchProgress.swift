import Hrana

/// How far a batch has come.
struct BatchProgress {
    private(set) var outcomes: [StepOutcome] = []
    private(set) var errors: [HranaError?] = []

    /// The index of the step that is next.
    var next: Int { outcomes.count }

    mutating func note(_ outcome: StepOutcome, _ error: HranaError? = nil) {
        outcomes.append(outcome)
        errors.append(error)
    }

    /// Whether the next step's condition holds.
    func runs(_ step: BatchStep, isAutocommit: Bool) -> Bool {
        step.condition?.holds(after: outcomes, isAutocommit: isAutocommit) ?? true
    }
}
