import Hrana
import SQLiteKit
import Seams
import Tenants

/// A cursor's batch and its place in it: which step, and the statement that is open. On the tenant's thread.
struct CursorSteps {
    /// A statement whose rows are being read, standing on one that is not written yet.
    private struct Open {
        let running: RunningStatement
        /// Where the step's entries begin in the part that it was begun in.
        let mark: Int
    }

    let batch: Batch
    private var progress = BatchProgress()
    private var open: Open?
    /// The next statement is started on a connection of the stream's own: it was too long for the shared one.
    private var wantsOwn = false

    init(_ batch: Batch) { self.batch = batch }

    /// What is left is reading the open statement to its end.
    var onlyReadOn: Bool { open != nil && progress.next + 1 == batch.steps.count }

    /// Writes entries until the part is full.
    ///
    /// - Returns: whether the batch has come to its end.
    mutating func fill(_ writer: inout AnswerWriter, _ runner: StatementRunner) throws(StatementStop) -> Bool {
        while true {
            while writer.bytes.count < runner.context.limits.partBytes {
                guard try advance(&writer, runner) else { return true }
            }
            guard let open, open.running.isOnSharedConnection else {
                open?.running.pause()
                return false
            }
            // Others use that connection too. Nothing of the step has gone out yet: it is begun anew on another.
            close()
            writer.bytes.truncate(to: open.mark)
            wantsOwn = true
            guard writer.bytes.count < runner.context.limits.partBytes else { return false }
        }
    }

    /// Writes the next entry or entries. A failure of a statement becomes one, and the batch goes on.
    ///
    /// - Returns: false at the batch's end.
    private mutating func advance(_ writer: inout AnswerWriter, _ runner: StatementRunner) throws(StatementStop) -> Bool
    {
        guard open != nil || progress.next < batch.steps.count else { return false }
        do throws(StatementStop) {
            if let open { try readOn(open.running, &writer, runner) } else { try beginNext(&writer, runner) }
        } catch {
            close()
            guard case .failed(let failure) = error else { throw error }
            writer.cursorStepError(progress.next, failure)
            note(.error)
        }
        return true
    }

    private mutating func readOn(
        _ running: RunningStatement, _ writer: inout AnswerWriter, _ runner: StatementRunner
    ) throws(StatementStop) {
        try writer.cursorRow(of: running, upTo: writer.bytes.count + runner.context.limits.resultBytes)
        guard try !runner.step(running) else { return }
        open = nil
        finish(running, &writer)
    }

    private mutating func beginNext(_ writer: inout AnswerWriter, _ runner: StatementRunner) throws(StatementStop) {
        let step = batch.steps[progress.next]
        guard progress.runs(step, isAutocommit: runner.session.isAutocommit) else { return note(.skipped) }
        let sql = try text(of: step.statement.source, runner)
        let mark = writer.bytes.count
        if try runner.runSpecial(sql, step.statement) {
            writer.startCursorStep(progress.next)
            writer.endCursorStepColumns()
            writer.cursorStepEnd(affectedRows: 0, lastInsertRowID: nil)
            return note(.ok)
        }
        let running = try runner.start(sql, step.statement, isOwn: wantsOwn)
        do throws(StatementStop) {
            let hasRow = try runner.step(running)
            writer.startCursorStep(progress.next)
            writer.cursorColumns(of: running.statement)
            writer.endCursorStepColumns()
            if hasRow, running.statement.isReadOnly {
                open = Open(running: running, mark: mark)
                return
            }
            if hasRow { try readAll(running, &writer, runner) }
        } catch {
            running.giveUp()
            throw error
        }
        finish(running, &writer)
    }

    /// What a writing statement returns: all of it, at once.
    private func readAll(
        _ running: RunningStatement, _ writer: inout AnswerWriter, _ runner: StatementRunner
    ) throws(StatementStop) {
        let limit = writer.bytes.count + runner.context.limits.resultBytes
        repeat { try writer.cursorRow(of: running, upTo: limit) } while try runner.step(running)
    }

    private mutating func finish(_ running: RunningStatement, _ writer: inout AnswerWriter) {
        let summary = running.finish()
        writer.cursorStepEnd(affectedRows: summary.affectedRows, lastInsertRowID: summary.lastInsertRowID)
        note(.ok)
    }

    private mutating func note(_ outcome: StepOutcome) {
        progress.note(outcome)
        wantsOwn = false
    }

    private func text(of source: SQLSource, _ runner: StatementRunner) throws(StatementStop) -> String {
        do throws(HranaError) { return try source.text(on: runner.session.stream) } catch { throw .failed(error) }
    }

    /// Ends the open statement, wherever it is.
    mutating func close() {
        guard let open else { return }
        self.open = nil
        _ = open.running.finish()
    }

    func goOn(until deadline: Instant) { open?.running.goOn(until: deadline) }
}

extension AnswerWriter {
    /// The row that a statement stands on, as an entry; nothing if it cannot be written.
    fileprivate mutating func cursorRow(of running: RunningStatement, upTo limit: Int) throws(StatementStop) {
        let mark = bytes.count
        do throws(StatementStop) {
            startCursorRow()
            try values(of: running.statement, upTo: limit)
            endCursorRow()
        } catch {
            bytes.truncate(to: mark)
            throw error
        }
    }
}
