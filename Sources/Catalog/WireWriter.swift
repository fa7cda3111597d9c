import Vocabulary

/// Appends the catalog's wire format; see the room's page.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ text: String) {
        put(UInt32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func put(_ value: CatalogValue) {
        switch value {
        case .null:
            put(UInt8(0))
        case .integer(let number):
            put(UInt8(1))
            put(number)
        case .text(let text):
            put(UInt8(2))
            put(text)
        case .blob(let blob):
            put(UInt8(3))
            put(UInt32(blob.count))
            bytes.append(contentsOf: blob)
        }
    }

    mutating func put(_ statement: CatalogStatement) {
        put(statement.sql)
        put(UInt32(statement.arguments.count))
        for argument in statement.arguments { put(argument) }
        let (tag, count): (UInt8, Int) =
            switch statement.expect {
            case .any: (0, 0)
            case .affected(let count): (1, count)
            case .rows(let count): (2, count)
            case .atLeastOneRow: (3, 0)
            }
        put(tag)
        put(UInt32(clamping: count))
    }

    mutating func put(_ results: [CatalogRows]) {
        put(UInt32(results.count))
        for result in results {
            put(UInt64(result.affected))
            put(UInt32(result.rows.count))
            for row in result.rows {
                put(UInt32(row.count))
                for value in row { put(value) }
            }
        }
    }

    mutating func put(_ error: CatalogError) {
        switch error {
        case .guardFailed(let statement, let results):
            put(tag: 1, UInt64(statement))
            put(results)
        case .conflict(let statement): put(tag: 2, UInt64(statement))
        case .unavailable(let why): put(tag: 3, why)
        case .outcomeUnknown(let why): put(tag: 4, why)
        case .newerSchema(let found, let known): put(tag: 5, UInt64(found), UInt64(known))
        case .olderSchema(let found, let needed): put(tag: 6, UInt64(found), UInt64(needed))
        case .regressed(let tenant, let known, let found):
            put(tag: 7, tenant.rawValue, known.rawValue, found.rawValue)
        case .otherCatalog(let known): put(tag: 10, known.description)
        case .otherDirectory(let node): put(tag: 11, node.name)
        case .refused(let why): put(tag: 8, why)
        case .damaged(let what): put(tag: 9, what)
        }
    }

    private mutating func put(tag: UInt8, _ words: UInt64...) {
        put(tag)
        for word in words { put(word) }
    }

    private mutating func put(tag: UInt8, _ text: String) {
        put(tag)
        put(text)
    }
}
