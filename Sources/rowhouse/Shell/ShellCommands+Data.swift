import Hrana
import Terminal

/// Dot commands that move rows.
extension ShellCommands {
    func dump(_ tables: [String]) async throws {
        let stream = session.stream
        let output = session.output
        let isOpen = session.inTransaction
        try await session.interrupts.run {
            // One state of everything: a transaction that reads, unless one is open.
            if !isOpen { try await Self.execute("BEGIN", stream) }
            do {
                let source = try StreamDumpSource(stream: stream)
                let all: Set<String>? = tables.isEmpty ? nil : Set(tables)
                try await SQLDump(source: source, tables: all, write: { output.write($0) }).run()
                if !isOpen { try await Self.execute("COMMIT", stream) }
            } catch {
                if !isOpen { try? await Self.execute("ROLLBACK", stream) }
                throw error
            }
        }
        output.endResult()
    }

    func importRows(_ arguments: [String]) async throws {
        var rest = arguments
        var skip = 0
        if let place = rest.firstIndex(of: "--skip"), place + 1 < rest.count, let count = Int(rest[place + 1]),
            count >= 0
        {
            skip = count
            rest.removeSubrange(place...place + 1)
        }
        guard rest.count == 2 else { throw CommandFailure(.usage, "usage: .import [--skip N] FILE TABLE") }
        let load = CSVImport(
            stream: session.stream, path: rest[0], table: rest[1], skip: skip, isInTransaction: session.inTransaction)
        let count = try await session.interrupts.run { try await load.run() }
        if session.isInteractive {
            session.output.write("\(HumanText.count(Int64(count), "row")) added\n")
            await session.learnNames()
        }
    }

    private static func execute(_ sql: String, _ stream: TenantStream) async throws {
        var cursor = try await stream.run(Batch(steps: [BatchStep(Statement(.text(sql)))]))
        while let message = try await cursor.next() {
            switch message {
            case .stepError(_, let error), .error(let error): throw CommandFailure(statement: error, place: nil)
            default: break
            }
        }
    }
}
