import Foundation
import Hrana
import Terminal

/// A shell on a tenant: statements and dot commands, typed or from a script, on one stream.
///
/// One at a time: what is typed waits until what runs is done or interrupted.
final class ShellSession {
    let key: String
    let stream: TenantStream
    let interrupts: Interrupts
    let output = ShellOutput()
    let isInteractive: Bool
    private let json: Bool
    var settings: ShellSettings
    var arguments = StatementArguments()
    var names = SchemaNames()
    private(set) var inTransaction = false
    /// What the first failure was, for the exit code.
    private(set) var status = CommandStatus.ok
    /// Files that read each other.
    var depth = 0

    init(
        _ client: RemoteClient, key: String, settings: ShellSettings, interactive: Bool, json: Bool,
        interrupts: Interrupts
    ) {
        self.key = key
        self.settings = settings
        self.interrupts = interrupts
        self.json = json
        isInteractive = interactive
        stream = TenantStream(client, key: key)
    }

    // MARK: Statements

    /// Runs statements, and says what fails.
    ///
    /// - Parameter place: where they are from, before a line's number; nil where they are typed.
    /// - Returns: whether all succeeded.
    func run(_ statements: [SplitStatement], place: String? = nil) async -> Bool {
        guard !statements.isEmpty else { return true }
        if settings.echo {
            output.write(statements.map { TerminalText.visible($0.text, keepingLines: true) + "\n" }.joined())
        }
        let batch = BatchRun(
            stream: stream, statements: statements, arguments: arguments, continues: !settings.bail,
            options: settings.options(width: output.width, counts: isInteractive && depth == 0),
            write: { [output] in output.write($0) })
        let start = ContinuousClock.now
        let isDone = await guarded {
            let failures = try await self.interrupts.run { try await batch.run() }
            for failure in failures { self.tell(failure, statements, place) }
            return failures.isEmpty
        }
        output.endResult()
        if settings.timer { output.write("time: \(HumanText.duration(ContinuousClock.now - start))\n") }
        await lookAtTransaction(after: statements)
        if isInteractive, statements.contains(where: \.changesSchema) { await learnNames() }
        return isDone
    }

    private func tell(_ failure: BatchRun.Failure, _ statements: [SplitStatement], _ place: String?) {
        var line: String?
        if let place, statements.indices.contains(failure.index) {
            line = "\(place), line \(statements[failure.index].line)"
        }
        complain(CommandFailure(statement: failure.error, place: line))
    }

    /// Runs something that asks the node, and says why it failed.
    ///
    /// - Returns: false where it did.
    func guarded(_ work: () async throws -> Bool) async -> Bool {
        do {
            return try await work()
        } catch is CancellationError {
            failed(.failed)
            // Behind the sign that the terminal shows for the key.
            Console.complain("\ninterrupted")
            // Where the stream has ended with the statement the next one begins another.
            _ = try? await stream.isAutocommit()
        } catch let failure as CommandFailure {
            complain(failure)
            if failure.code == "STREAM_EXPIRED" { expired() }
        } catch {
            complain(CommandFailure(.failed, "\(error)"))
        }
        return false
    }

    func complain(_ failure: CommandFailure) {
        failed(failure.status == .usage ? .failed : failure.status)
        Console.complain(json ? failure.json.text() : failure.description)
    }

    private func failed(_ new: CommandStatus) {
        if status == .ok { status = new }
    }

    private func expired() {
        let lost =
            inTransaction ? "the transaction that was open is undone" : "its temporary tables and settings are gone"
        Console.complain("  the stream on the node had ended: \(lost), and the statement was not run")
    }

    // MARK: Transaction

    /// After what may have begun or ended a transaction, and after everything while one is open.
    private func lookAtTransaction(after statements: [SplitStatement]) async {
        let had = inTransaction
        guard had || statements.contains(where: \.isTransactional) else { return }
        inTransaction = await isInTransaction()
        let isEnded = statements.contains { ["COMMIT", "END", "ROLLBACK", "RELEASE"].contains($0.keyword) }
        if had, !inTransaction, !isEnded { Console.complain("  the transaction has ended and is undone") }
    }

    private func isInTransaction() async -> Bool {
        guard let isAutocommit = try? await stream.isAutocommit() else { return false }
        return !isAutocommit
    }

    /// Asks for the transaction, which keeps it from ending because nothing happens.
    ///
    /// - Returns: whether it is still open.
    func keepTransaction() async -> Bool {
        inTransaction = await isInTransaction()
        return inTransaction
    }

    /// - Returns: whether nothing was lost by leaving.
    func leave() async -> Bool {
        let had = inTransaction
        await stream.close()
        if had { Console.complain("rowhouse: the transaction was still open, and is undone") }
        return !had
    }

    // MARK: The shell's own questions

    /// Rows of a query of our own, at most so many.
    func rows(_ sql: String, _ values: [Value] = [], limit: Int = 100_000) async throws -> [[Value]] {
        try await interrupts.run { [stream] in
            var cursor = try await stream.run(Batch(steps: [BatchStep(Statement(.text(sql), arguments: values))]))
            var rows: [[Value]] = []
            while let message = try await cursor.next() {
                switch message {
                case .row(let values) where rows.count < limit: rows.append(values)
                case .stepError(_, let error), .error(let error): throw CommandFailure(statement: error, place: nil)
                default: break
                }
            }
            return rows
        }
    }

    /// For completion: what tables there are, with their columns. Without them when the node does not say.
    func learnNames() async {
        let sql = """
            SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c \
            WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' LIMIT 20000
            """
        guard let rows = try? await rows(sql) else { return }
        names = SchemaNames(
            rows: rows.compactMap { row in
                guard case .text(let table)? = row.first, case .text(let column)? = row.last else { return nil }
                return (table, column)
            })
    }
}
