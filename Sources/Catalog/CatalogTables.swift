/// A table as the migrations leave it: what a copy needs to know of it.
package struct CatalogTable: Equatable, Sendable {
    package let name: String
    package internal(set) var columns: [String]
    /// The primary key's columns, in its order.
    package internal(set) var key: [String]
    /// The migrations put rows into it.
    package internal(set) var isSeeded = false
}

/// The tables of a catalog, read from the migrations themselves, so that there is no second list to forget one in.
package enum CatalogTables {
    /// All that hold a catalog's contents, in the order in which they came. Not among them: what says which catalog it is, and
    /// of which schema.
    package static let copied: [CatalogTable] = {
        var reader = MigrationReader()
        for migration in CatalogSchema.migrations {
            for statement in migration(.sqlite) { reader.read(statement) }
        }
        return reader.tables.filter { $0.name != "catalog_identity" }
    }()
}

/// Follows statements that make and change tables. A test holds what it reads against what a database made of them.
struct MigrationReader {
    private(set) var tables: [CatalogTable] = []

    mutating func read(_ sql: String) {
        let words = sql.split { $0 == " " || $0 == "\n" || $0 == "(" }.map(String.init)
        switch words.prefix(2).joined(separator: " ").uppercased() {
        case "CREATE TABLE": create(named: words[2], sql)
        case "DROP TABLE": tables.removeAll { $0.name == words[2] }
        case "ALTER TABLE": alter(words)
        case "INSERT INTO":
            if let place = tables.firstIndex(where: { $0.name == words[2] }) { tables[place].isSeeded = true }
        default: break
        }
    }

    private mutating func create(named name: String, _ sql: String) {
        guard let open = sql.firstIndex(of: "("), let close = sql.lastIndex(of: ")") else { return }
        var table = CatalogTable(name: name, columns: [], key: [])
        for part in Self.parts(sql[sql.index(after: open)..<close]) {
            let words = part.split { $0 == " " || $0 == "\n" }.map(String.init)
            switch words.first?.uppercased() {
            case nil, "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT": break
            case "PRIMARY": table.key = Self.names(in: part)
            default:
                table.columns.append(words[0])
                if part.contains("PRIMARY KEY") { table.key = [words[0]] }
            }
        }
        tables.append(table)
    }

    private mutating func alter(_ words: [String]) {
        guard let place = tables.firstIndex(where: { $0.name == words[2] }), words.count > 5 else { return }
        let change = words[3...4].joined(separator: " ").uppercased()
        if change == "ADD COLUMN" { tables[place].columns.append(words[5]) }
        if change == "DROP COLUMN" { tables[place].columns.removeAll { $0 == words[5] } }
    }

    private static func names(in part: Substring) -> [String] {
        guard let open = part.firstIndex(of: "("), let close = part.lastIndex(of: ")") else { return [] }
        return part[part.index(after: open)..<close].split { $0 == "," || $0 == " " || $0 == "\n" }.map(String.init)
    }

    /// Split at commas that stand in no parentheses.
    private static func parts(_ body: Substring) -> [Substring] {
        var parts: [Substring] = []
        var depth = 0
        var start = body.startIndex
        for index in body.indices {
            switch body[index] {
            case "(": depth += 1
            case ")": depth -= 1
            case "," where depth == 0:
                parts.append(body[start..<index])
                start = body.index(after: index)
            default: break
            }
        }
        return parts + [body[start...]]
    }
}
