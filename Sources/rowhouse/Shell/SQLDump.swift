import Hrana
import Terminal

/// Where a dump's rows are read.
protocol DumpSource {
    /// Calls `row` with each row's values as SQL literals. Rows are not gathered.
    func each(_ sql: String, _ row: ([String]) throws -> Void) async throws
    /// The same with texts as they are, for what is asked about the schema.
    func texts(_ sql: String) async throws -> [[String]]
}

/// Writes a database as SQL, row by row.
struct SQLDump {
    let source: any DumpSource
    /// Tables, with their indexes and triggers; nil: everything.
    var tables: Set<String>?
    let write: (String) throws -> Void

    /// - Throws: what the source and `write` throw; `CommandFailure` for a table that is not there.
    func run() async throws {
        let entries = try await entries()
        try write(DumpText.head)
        if tables == nil { try await writeNumbers() }
        for entry in DumpText.tables(entries) {
            guard case .make(let sql) = DumpText.preparation(entry) else { continue }
            try write(sql)
            if DumpText.hasRows(entry) { try await writeRows(entry.name) }
        }
        for entry in DumpText.afterRows(entries) { try write(DumpText.ended(entry.sql)) }
        try write(DumpText.tail)
    }

    private func entries() async throws -> [DumpText.Entry] {
        let kinds = try await source.texts("SELECT name, type FROM pragma_table_list WHERE schema = 'main'")
        let kind = Dictionary(kinds.map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
        let all = try await source.texts(
            "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY rowid")
        if let missing = tables?.subtracting(all.map { $0[1] }).sorted().first {
            throw CommandFailure(.notFound, "there is no table \(missing)")
        }
        return all.filter { tables?.contains($0[2]) ?? true }.map {
            DumpText.Entry(type: $0[0], name: $0[1], sql: $0[3], kind: kind[$0[1]] ?? "")
        }
    }

    /// What applications keep in the file's head.
    private func writeNumbers() async throws {
        for name in ["user_version", "application_id"] {
            try await source.each("PRAGMA \(name)") { row in
                if let number = row.first, number != "0" { try write("PRAGMA \(name)=\(number);\n") }
            }
        }
    }

    private func writeRows(_ table: String) async throws {
        let name = ValueText.literal(.text(table))
        let columns = try await source.texts("SELECT name, CAST(hidden AS TEXT) FROM pragma_table_xinfo(\(name))")
        // Generated columns take no values.
        let stored = columns.filter { $0[1] == "0" }.map { $0[0] }
        let insert = DumpText.insert(table, columns: stored.count == columns.count ? nil : stored)
        let list = stored.map(ValueText.identifier).joined(separator: ",")
        try await source.each("SELECT \(list) FROM \(ValueText.identifier(table))") { row in
            try write(insert + row.joined(separator: ",") + ");\n")
        }
    }
}

/// Rows read over a stream, in its transaction.
struct StreamDumpSource: DumpSource {
    private let stream: TenantStream
    private let literals: DumpLiterals

    /// - Throws: `CommandFailure` where there is no memory.
    init(stream: TenantStream) throws(CommandFailure) {
        self.stream = stream
        literals = try DumpLiterals()
    }

    func each(_ sql: String, _ row: ([String]) throws -> Void) async throws {
        try await values(sql) { try row($0.map(literals.text)) }
    }

    func texts(_ sql: String) async throws -> [[String]] {
        var rows: [[String]] = []
        try await values(sql) { values in
            rows.append(values.map { if case .text(let text) = $0 { text } else { ValueText.literal($0) } })
        }
        return rows
    }

    private func values(_ sql: String, _ row: ([Value]) throws -> Void) async throws {
        var cursor = try await stream.run(Batch(steps: [BatchStep(Statement(.text(sql)))]))
        while let message = try await cursor.next() {
            switch message {
            case .row(let values): try row(values)
            case .stepError(_, let error), .error(let error): throw CommandFailure(statement: error, place: nil)
            default: break
            }
        }
    }
}
