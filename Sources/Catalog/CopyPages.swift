/// Reads a table in the order of its primary key, a page at a time; smaller pages where rows are large.
struct CopyPages {
    private let driver: any CatalogDriver
    private let table: CatalogTable
    private var size: Int

    init(_ driver: any CatalogDriver, _ table: CatalogTable, size: Int) {
        self.size = size
        self.driver = driver
        self.table = table
    }

    /// Rows behind a key, or the first ones.
    ///
    /// - Throws: `CatalogError`.
    mutating func after(_ key: [CatalogValue]) async throws(CatalogError) -> [[CatalogValue]] {
        while true {
            do {
                let page = try await driver.run(CatalogTransaction(.read, [table.page(after: key, limit: size)]))[0]
                    .rows
                guard size == 1 || page.reduce(0, { $0 + $1.size }) <= CatalogLimits.messageBytes / 2 else {
                    size = max(1, size / 8)
                    continue
                }
                return page
            } catch .refused where size > 1 {
                // More than a message holds.
                size = max(1, size / 8)
            }
        }
    }
}

extension CatalogTable {
    func keyValues(_ row: [CatalogValue]) -> [CatalogValue] {
        key.compactMap { name in columns.firstIndex(of: name).map { row[$0] } }
    }

    func page(after values: [CatalogValue], limit: Int) -> CatalogStatement {
        let order = key.joined(separator: ", ")
        let places = values.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        let condition = values.isEmpty ? "" : "WHERE (\(order)) > (\(places)) "
        return CatalogStatement(
            "SELECT \(columns.joined(separator: ", ")) FROM \(name) \(condition)ORDER BY \(order) LIMIT \(limit)",
            values)
    }

    /// As many rows in a statement as its arguments allow.
    func insertions(of rows: [[CatalogValue]]) -> [CatalogStatement] {
        let each = max(1, CatalogLimits.arguments / columns.count)
        return stride(from: 0, to: rows.count, by: each).map { start in
            let some = rows[start..<min(start + each, rows.count)]
            let places = some.indices.map { row in
                let first = (row - start) * columns.count
                return "(" + columns.indices.map { "?\(first + $0 + 1)" }.joined(separator: ", ") + ")"
            }
            return CatalogStatement(
                "INSERT INTO \(name) (\(columns.joined(separator: ", "))) VALUES \(places.joined(separator: ", "))",
                some.flatMap { $0 }, expect: .affected(some.count))
        }
    }
}

extension [CatalogValue] {
    /// Bytes, about.
    fileprivate var size: Int {
        reduce(0) { sum, value in
            switch value {
            case .null, .integer: sum + 9
            case .text(let text): sum + 5 + text.utf8.count
            case .blob(let bytes): sum + 5 + bytes.count
            }
        }
    }
}
