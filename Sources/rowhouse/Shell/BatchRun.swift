import Hrana
import Terminal

/// Statements sent together on a stream, and what they give printed as it comes.
struct BatchRun: Sendable {
    struct Failure: Sendable {
        /// Of the statements; beyond them for what goes before and after.
        let index: Int
        let error: HranaError
    }

    let stream: TenantStream
    let statements: [SplitStatement]
    var arguments = StatementArguments()
    /// Run before and after the statements.
    var first: String?
    var last: String?
    /// Whether a statement runs although one before it failed.
    var continues = false
    let options: ResultOptions
    let write: @Sendable (String) -> Void

    private var offset: Int { first == nil ? 0 : 1 }

    private var batch: Batch {
        let own = statements.map { arguments.bound(to: $0) }
        let all = [first, last].map { $0.map { [Statement(.text($0))] } ?? [] }
        let steps = all[0] + own + all[1]
        return Batch(
            steps: steps.enumerated().map { BatchStep($1, condition: continues || $0 == 0 ? nil : .ok($0 - 1)) })
    }

    /// - Returns: the statements that failed.
    /// - Throws: `CommandFailure` where the request did; `CancellationError`.
    func run() async throws -> [Failure] {
        var printer = ResultPrinter(options)
        var current: SplitStatement?
        var failures: [Failure] = []
        var cursor = try await stream.run(batch)
        while let message = try await cursor.next() {
            switch message {
            case .head: break
            case .stepBegin(let step, let columns):
                let index = step - offset
                current = statements.indices.contains(index) ? statements[index] : nil
                if current != nil { printer.begin(columns) }
            case .row(let values): if current != nil { printer.row(values) }
            case .stepEnd(let affected, let id):
                guard let statement = current else { break }
                printer.end(affectedRows: affected, lastInsertRowID: id, changes: statement.changesRows)
            case .stepError(let step, let error): failures.append(Failure(index: step - offset, error: error))
            case .error(let error): failures.append(Failure(index: statements.count, error: error))
            }
            if printer.isFull { write(printer.take()) }
        }
        write(printer.take())
        return failures
    }
}
