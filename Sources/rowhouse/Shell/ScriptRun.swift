import Hrana
import Terminal

/// Runs statements of a script in batches, each only if the one before it succeeded, and prints what they give.
struct ScriptRun {
    /// Statements and bytes that are sent together.
    private static let steps = 100
    private static let bytes = 256 << 10

    let stream: TenantStream
    let isAtomic: Bool
    let arguments: StatementArguments
    var reader: ScriptReader
    let options: ResultOptions
    private var next: SplitStatement?
    private var hasTransaction = false
    private var count = 0

    init(
        _ reader: ScriptReader, on stream: TenantStream, atomic: Bool, arguments: StatementArguments,
        options: ResultOptions
    ) {
        self.reader = reader
        self.stream = stream
        isAtomic = atomic
        self.arguments = arguments
        self.options = options
    }

    /// - Throws: `CommandFailure` of the first statement that failed; those before it stay done, unless all are one transaction.
    mutating func run() async throws {
        next = try reader.next()
        guard next != nil else { throw CommandFailure(.usage, "there is no SQL statement in the text") }
        var isFirst = true
        while next != nil {
            let batch = try gather()
            let failure = try await run(batch, isFirst: isFirst, isLast: next == nil)
            isFirst = false
            guard let failure else { continue }
            await stream.close()
            throw failure
        }
        if hasTransaction, try await !stream.isAutocommit() {
            await stream.close()
            throw CommandFailure(
                .failed, "the transaction that the SQL began was still open at its end, and is undone",
                advice: "end it with COMMIT, or use --atomic")
        }
        await stream.close()
    }

    private mutating func gather() throws -> [SplitStatement] {
        var batch: [SplitStatement] = []
        var size = 0
        while let statement = next, batch.isEmpty || (batch.count < Self.steps && size < Self.bytes) {
            batch.append(statement)
            size += statement.text.utf8.count
            next = try reader.next()
        }
        return batch
    }

    private mutating func run(
        _ statements: [SplitStatement], isFirst: Bool, isLast: Bool
    ) async throws -> CommandFailure? {
        if statements.contains(where: \.isTransactional) { hasTransaction = true }
        // A writer from its beginning, since a reader cannot always become one.
        let begin = isLast && statements.allSatisfy(\.onlyReads) ? "BEGIN" : "BEGIN IMMEDIATE"
        let batch = BatchRun(
            stream: stream, statements: statements, arguments: arguments, first: isAtomic && isFirst ? begin : nil,
            last: isAtomic && isLast ? "COMMIT" : nil, options: options, write: { Console.write($0) })
        let failures = try await batch.run()
        defer { count += statements.count }
        return failures.first.map { failure($0.error, $0.index, statements) }
    }

    private func failure(_ error: HranaError, _ index: Int, _ statements: [SplitStatement]) -> CommandFailure {
        guard statements.indices.contains(index) else {
            return CommandFailure(statement: error, place: index < 0 ? "BEGIN" : isAtomic ? "COMMIT" : nil)
        }
        let isOnly = count == 0 && statements.count == 1 && next == nil
        let place = "statement \(count + index + 1), line \(statements[index].line)"
        return CommandFailure(statement: error, place: isOnly ? nil : place)
    }
}
