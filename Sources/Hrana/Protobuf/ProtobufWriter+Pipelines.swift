/// Responses of pipelines: the fields of `PipelineRespBody`, in any order.
extension ProtobufWriter {
    package mutating func startPipeline() {}

    package mutating func finishPipeline(baton: String?, baseURL: String?) {
        if let baton { bytes.text(1, baton) }
        if let baseURL { bytes.text(2, baseURL) }
    }

    /// The success of an execute, batch or describe: the result must follow, then `finishResult`.
    package mutating func startResult(of kind: StreamRequestKind) {
        start(3)
        start(1)
        start(kind.protobufField)
    }

    package mutating func finishResult() {
        end()
        end()
        end()
    }

    package mutating func emptyResult(of kind: StreamRequestKind) {
        startResult(of: kind)
        finishResult()
    }

    package mutating func autocommitResult(_ isAutocommit: Bool) {
        startResult(of: .getAutocommit)
        bytes.boolean(1, isAutocommit)
        finishResult()
    }

    package mutating func errorResult(_ error: HranaError) {
        start(3)
        self.error(2, error)
        end()
    }

    // MARK: Batches

    /// Results of a batch's steps are its map from step to result; their statements say so by `startStepResult`.
    package mutating func startBatchResult() {
        start(1)
        step = 0
    }

    package mutating func noStepResult() { step += 1 }

    package mutating func finishBatchResult(errors: [HranaError?]) {
        for case (let index, let error?) in zip(0..., errors) {
            start(2)
            bytes.unsigned(1, UInt64(index))
            self.error(2, error)
            end()
        }
        end()
    }

    /// A step's result: `startStatementResult` … `finishStatementResult` must follow, then `finishStepResult`; or, when it
    /// was truncated away, `noStepResult`.
    package mutating func startStepResult() {
        start(1)
        bytes.unsigned(1, step)
    }

    package mutating func finishStepResult() {
        end()
        step += 1
    }
}
