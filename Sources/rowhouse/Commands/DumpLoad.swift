import Foundation
import Seams
import Terminal

/// Runs a dump of SQL on a tenant, in one transaction: batch after batch of statements as the file is read, nothing of them
/// where one fails.
struct DumpLoad {
    /// Of one request.
    private static let batchBytes = 1 << 20
    private static let batchStatements = 500
    private static let piece = 256 << 10

    struct Outcome {
        let statements: Int
        let bookmark: String
    }

    let client: RemoteClient
    let tenant: String
    let source: String
    /// The bookmark that the tenant must have; nil for any.
    let expected: String?

    private struct State {
        var baton: String?
        var bookmark = ""
        var batch: [DumpReader.Piece] = []
        var batchBytes = 0
        var statements = 0
    }

    /// - Throws: `CommandFailure`; nothing of the dump was done, unless nobody knows.
    func run() async throws -> Outcome {
        let file = try SourceFile(source)
        defer {
            try? file.handle.close()
            Console.endProgress()
        }
        var state = State()
        // Tables come one after the other, whatever refers to what. Who begins so is alone with the tenant until the end.
        try await demand(["PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE"], &state)
        do {
            if let expected, expected != state.bookmark {
                throw CommandFailure(.conflict, "tenant \(tenant) is at \(state.bookmark), not at \(expected)")
            }
            try await feed(file, &state)
        } catch {
            _ = try? await send(["ROLLBACK"], &state, closes: true)
            throw error
        }
        try await demand(["COMMIT"], &state, closes: true)
        return Outcome(statements: state.statements, bookmark: state.bookmark)
    }

    // MARK: The file

    private func feed(_ file: SourceFile, _ state: inout State) async throws {
        var reader = DumpReader()
        var done: Int64 = 0
        let start = ContinuousClock.now
        while true {
            let data = try file.handle.read(upToCount: Self.piece) ?? Data()
            reader.feed(data)
            while let statement = try next(&reader, isEnd: data.isEmpty) { try await take(statement, &state) }
            guard !data.isEmpty else { break }
            done += Int64(data.count)
            Console.show(
                ProgressLine(label: tenant, done: done, total: file.byteCount, elapsed: ContinuousClock.now - start))
        }
        try await flush(&state)
    }

    private func next(_ reader: inout DumpReader, isEnd: Bool) throws -> DumpReader.Piece? {
        do throws(CommandFailure) {
            return try reader.next(isEnd: isEnd)
        } catch {
            throw CommandFailure(.failed, "\(source), \(error.message)")
        }
    }

    private func take(_ statement: DumpReader.Piece, _ state: inout State) async throws {
        switch DumpStatement(statement) {
        case .ours: return
        case .unfit(let reason, let advice):
            throw CommandFailure(.failed, "\(source), line \(statement.line): \(reason)", advice: advice)
        case .plain: break
        }
        state.batch.append(statement)
        state.batchBytes += statement.sql.utf8.count
        if state.batchBytes >= Self.batchBytes || state.batch.count >= Self.batchStatements { try await flush(&state) }
    }

    // MARK: The node

    private func flush(_ state: inout State) async throws {
        guard !state.batch.isEmpty else { return }
        let batch = state.batch
        (state.batch, state.batchBytes) = ([], 0)
        let errors = try await send(batch.map(\.sql), &state)
        guard let (index, error) = errors.first else { return state.statements += batch.count }
        let advice =
            error["code"]?.string == "TRANSACTION_TOO_LARGE"
            ? DumpStatement.throughFile : nil
        throw CommandFailure(
            .failed, "\(source), line \(batch[index].line): \(error["message"]?.string ?? "failed"); nothing was done",
            advice: advice)
    }

    /// The same for statements of ours.
    private func demand(_ statements: [String], _ state: inout State, closes: Bool = false) async throws {
        guard let (_, error) = try await send(statements, &state, closes: closes).first else { return }
        throw CommandFailure(.failed, "\(error["message"]?.string ?? "the node refuses"); nothing was done")
    }

    /// Runs statements in order, up to the first that fails.
    ///
    /// - Returns: the failure, with its place among them.
    private func send(
        _ statements: [String], _ state: inout State, closes: Bool = false
    ) async throws -> [(index: Int, error: JSONValue)] {
        let steps = statements.enumerated().map { index, sql -> JSONValue in
            var step: [String: JSONValue] = [
                "stmt": .object(["sql": .string(sql), "want_rows": .bool(false)])
            ]
            if index > 0 {
                step["condition"] = .object(["type": .string("ok"), "step": .integer(Int64(index - 1))])
            }
            return .object(step)
        }
        var requests: [JSONValue] = [
            .object(["type": .string("batch"), "batch": .object(["steps": .array(steps)])])
        ]
        if closes { requests.append(.object(["type": .string("close")])) }
        let body: JSONValue = .object([
            "baton": state.baton.map { .string($0) } ?? .null, "requests": .array(requests),
        ])
        let answer = try await client.exchange(RequestPath.build(["t", tenant, "v3", "pipeline"]), body)
        state.baton = answer.body["baton"]?.string
        state.bookmark = answer.bookmark ?? state.bookmark
        let first = answer.body["results"]?.array?.first
        if let error = first?["error"] { return [(0, error)] }
        let errors = first?["response"]?["result"]?["step_errors"]?.array ?? []
        return errors.enumerated().filter { !$1.isNull }.map { ($0, $1) }
    }
}
