import Hrana
import SQLiteKit
import Tenants

/// What each kind of request does. All write straight into the answer; on a failure `run` takes that back.
extension PipelineWork {
    func perform(_ request: StreamRequest, _ runner: StatementRunner) throws(StatementStop) {
        switch request {
        case .execute(let statement): try execute(statement, runner)
        case .batch(let batch): try run(batch, runner)
        case .sequence(let source): try runScript(source, runner)
        case .describe(let source): try describe(source, runner)
        case .storeSQL(let id, let sql): try store(sql, as: id, runner.session.stream)
        case .closeSQL(let id):
            runner.session.stream.storedSQL[id] = nil
            writer.emptyResult(of: .closeSQL)
        case .getAutocommit: writer.autocommitResult(try runner.isAutocommit())
        case .close: writer.emptyResult(of: .close)
        }
    }

    private func execute(_ statement: Hrana.Statement, _ runner: StatementRunner) throws(StatementStop) {
        let sql = try text(of: statement.source, runner)
        startResult(of: .execute)
        try runner.execute(sql, statement, wantsRows: statement.wantsRows, into: &writer)
        finishResult()
    }

    // MARK: Batches

    private func run(_ batch: Batch, _ runner: StatementRunner) throws(StatementStop) {
        var steps: BatchProgress
        if case .batch(let begun) = progress {
            steps = begun
        } else {
            steps = BatchProgress()
            startResult(of: .batch)
            writer.startBatchResult()
        }
        while steps.next < batch.steps.count {
            // Kept at each step, so that it is not copied while it grows.
            progress = .none
            do throws(StatementStop) {
                try run(batch.steps[steps.next], &steps, runner)
            } catch {
                progress = .batch(steps)
                throw error
            }
        }
        writer.finishBatchResult(errors: steps.errors)
        finishResult()
    }

    /// Rows are always sent: clients that say that they want none of a batch still read those of RETURNING.
    private func run(
        _ step: BatchStep, _ steps: inout BatchProgress, _ runner: StatementRunner
    ) throws(StatementStop) {
        guard steps.runs(step, isAutocommit: try runner.isAutocommit()) else {
            writer.noStepResult()
            return steps.note(.skipped)
        }
        let mark = writer.bytes.count
        do throws(StatementStop) {
            let sql = try text(of: step.statement.source, runner)
            writer.startStepResult()
            try runner.execute(sql, step.statement, wantsRows: true, into: &writer)
            writer.finishStepResult()
            steps.note(.ok)
        } catch {
            writer.bytes.truncate(to: mark)
            guard case .failed(let failure) = error else { throw error }
            writer.noStepResult()
            runner.once?.noteFailed(failure)
            steps.note(.error, failure)
        }
    }

    // MARK: Scripts

    private func runScript(_ source: SQLSource, _ runner: StatementRunner) throws(StatementStop) {
        var script: ScriptProgress
        if case .script(let begun) = progress {
            script = begun
        } else {
            script = ScriptProgress(try text(of: source, runner))
        }
        progress = .none
        do throws(StatementStop) {
            try script.run(runner)
        } catch {
            progress = .script(script)
            throw error
        }
        writer.emptyResult(of: .sequence)
    }

    // MARK: Describing

    private func describe(_ source: SQLSource, _ runner: StatementRunner) throws(StatementStop) {
        let sql = try text(of: source, runner)
        startResult(of: .describe)
        writer.startDescription()
        if let special = sql.withRawUTF8({ SQLText.special($0) }) {
            guard sql.withRawUTF8({ SQLText.content($0, after: special.end) }) == nil else {
                throw .failed(.manyStatements)
            }
            writer.startDescriptionColumns()
            writer.finishDescription(isExplain: false, isReadOnly: special.statement == .beginReadOnly)
        } else {
            do throws(SQLFailure) {
                try runner.session.describe(sql) { statement in write(descriptionOf: statement) }
            } catch {
                throw runner.stop(error, .preparing)
            }
        }
        finishResult()
    }

    /// - Parameter statement: nil for a pragma that would act by being compiled: nothing is known of it.
    private func write(descriptionOf statement: SQLiteKit.Statement?) {
        if let statement { writer.parameters(of: statement) }
        writer.startDescriptionColumns()
        if let statement { writer.describedColumns(of: statement) }
        writer.finishDescription(
            isExplain: statement?.isExplain ?? false, isReadOnly: statement?.isReadOnly ?? false)
    }

    // MARK: Stored texts

    private func store(_ sql: String, as id: Int32, _ stream: TenantStream) throws(StatementStop) {
        if let refusal = StoredTexts.refusal(of: sql, beside: stream.storedSQL.count, context.limits) {
            throw .failed(refusal)
        }
        stream.storedSQL[id] = sql
        writer.emptyResult(of: .storeSQL)
    }

    private func text(of source: SQLSource, _ runner: StatementRunner) throws(StatementStop) -> String {
        do throws(HranaError) { return try source.text(on: runner.session.stream) } catch { throw .failed(error) }
    }
}

extension SQLSource {
    /// The text itself; `ProtocolCheck` has seen to it that it is there.
    func text(on stream: TenantStream) throws(HranaError) -> String {
        switch self {
        case .text(let sql): return sql
        case .stored(let id):
            guard let sql = stream.storedSQL[id] else {
                throw HranaError("The stored SQL text is gone", code: StatementFailure.OwnCode.unknownStoredText)
            }
            return sql
        }
    }
}
