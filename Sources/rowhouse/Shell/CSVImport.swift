import Foundation
import Hrana
import Seams
import Terminal

/// Adds the rows of a CSV file to a table, in one transaction: all of them or none.
struct CSVImport: Sendable {
    private static let block = 64 << 10
    /// Rows and bytes that are sent together.
    private static let rows = 500
    private static let bytes = 512 << 10

    let stream: TenantStream
    let path: String
    let table: String
    /// Records at the beginning that are left out.
    let skip: Int
    /// Whether a transaction is open already, which then goes on.
    let isInTransaction: Bool

    /// - Returns: how many rows were added.
    /// - Throws: `CommandFailure` with the file's line, `CancellationError`; nothing was added then, unless a transaction was open before.
    func run() async throws -> Int {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw CommandFailure(.failed, "\(path) cannot be read: \(SystemErrorText.words(errno))")
        }
        defer { close(file) }
        if !isInTransaction { try await send([(Statement(.text("BEGIN IMMEDIATE")), nil)]) }
        do {
            let count = try await load(file)
            if !isInTransaction { try await send([(Statement(.text("COMMIT")), nil)]) }
            return count
        } catch {
            if !isInTransaction { _ = try? await send([(Statement(.text("ROLLBACK")), nil)]) }
            throw error
        }
    }

    private func load(_ file: Int32) async throws -> Int {
        var reader = CSVReader()
        var records: [CSVReader.Record] = []
        var loading = Loading(columns: try await columns())
        var bytes = [UInt8](repeating: 0, count: Self.block)
        while true {
            let count = read(file, &bytes, bytes.count)
            guard count >= 0 || errno == EINTR else {
                throw CommandFailure(.failed, "\(path) cannot be read: \(SystemErrorText.words(errno))")
            }
            if count == 0 { break }
            try reader.feed(bytes[..<max(0, count)]) { records.append($0) }
            for record in records { try await take(record, &loading) }
            records = []
        }
        try reader.finish { records.append($0) }
        for record in records { try await take(record, &loading) }
        try await send(loading.batch)
        return loading.count
    }

    private struct Loading {
        /// nil until the table is there.
        var columns: Int?
        var skipped = 0
        var count = 0
        var size = 0
        var batch: [(Statement, line: Int?)] = []
    }

    private func take(_ record: CSVReader.Record, _ loading: inout Loading) async throws {
        if loading.skipped < skip {
            loading.skipped += 1
            return
        }
        guard let columns = loading.columns else {
            try await make(record)
            loading.columns = record.fields.count
            return
        }
        guard record.fields.count == columns else {
            let fields = HumanText.count(Int64(record.fields.count), "field")
            throw CommandFailure(
                .failed, "\(path), line \(record.line): \(fields), and the table has \(columns) columns")
        }
        let marks = repeatElement("?", count: columns).joined(separator: ",")
        let statement = Statement(
            .text("INSERT INTO \(ValueText.identifier(table)) VALUES (\(marks))"),
            arguments: record.fields.map { $0.map { .text($0) } ?? .null }, wantsRows: false)
        loading.batch.append((statement, record.line))
        loading.count += 1
        loading.size += record.fields.reduce(60) { $0 + ($1?.utf8.count ?? 0) }
        guard loading.batch.count >= Self.rows || loading.size >= Self.bytes else { return }
        try await send(loading.batch)
        (loading.batch, loading.size) = ([], 0)
    }

    /// - Returns: nil where there is no such table.
    private func columns() async throws -> Int? {
        let statement = Statement(
            .text("SELECT 1 FROM pragma_table_xinfo(?) WHERE hidden = 0"), arguments: [.text(table)])
        let found = try await send([(statement, nil)])
        return found == 0 ? nil : found
    }

    /// The file's first record names the columns of a new table.
    private func make(_ record: CSVReader.Record) async throws {
        let names = record.fields.enumerated().map { ValueText.identifier($1 ?? "column_\($0 + 1)") + " TEXT" }
        let sql = "CREATE TABLE \(ValueText.identifier(table)) (\(names.joined(separator: ", ")))"
        try await send([(Statement(.text(sql)), record.line)])
    }

    /// - Returns: how many rows came.
    @discardableResult
    private func send(_ batch: [(Statement, line: Int?)]) async throws -> Int {
        guard !batch.isEmpty else { return 0 }
        var rows = 0
        let steps = batch.enumerated().map { BatchStep($1.0, condition: $0 == 0 ? nil : .ok($0 - 1)) }
        var cursor = try await stream.run(Batch(steps: steps))
        var failure: CommandFailure?
        while let message = try await cursor.next() {
            switch message {
            case .row: rows += 1
            case .stepError(let step, let error):
                let place = batch[min(step, batch.count - 1)].line.map { "\(path), line \($0)" }
                failure = CommandFailure(statement: error, place: place)
            case .error(let error): failure = CommandFailure(statement: error, place: path)
            default: break
            }
        }
        if let failure { throw failure }
        return rows
    }
}
