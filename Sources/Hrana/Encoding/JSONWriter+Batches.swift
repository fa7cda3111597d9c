/// Results of batches: `startBatchResult`, then for each step a statement's result or `noStepResult`, then
/// `finishBatchResult` with the errors.
///
/// A step that fails half-way: truncate to where its result began, and write `noStepResult`.
extension JSONWriter {
    package mutating func startBatchResult() {
        separate()
        bytes.append(#"{"step_results":["#)
    }

    /// For a step that was skipped or failed.
    package mutating func noStepResult() {
        separate()
        null()
    }

    /// - Parameter errors: one for each step: nil for one that succeeded or was skipped.
    package mutating func finishBatchResult(errors: [HranaError?]) {
        bytes.append(#"],"step_errors":["#)
        for error in errors {
            separate()
            if let error { self.error(error) } else { null() }
        }
        bytes.append(#"],"replication_index":null}"#)
    }
}
