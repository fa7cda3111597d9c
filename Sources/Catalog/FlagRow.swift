package import Vocabulary

/// A flag: a small value that every node hears of.
package struct FlagRow: Equatable, Sendable {
    package var name: String
    /// Raised by each change, from 1.
    package var version: UInt64
    /// JSON; nil where the flag was taken away.
    package var value: String?
    /// The version that first had this value: after a rollback an earlier one.
    package var source: UInt64
    /// Its place among all flags' changes: without gaps, in the order in which they were committed.
    package var seq: UInt64
    package var changed: WallTime
    package var actor: String
}

extension FlagRow {
    static let columns = "name, version, value, source, seq, changed, actor"

    init(_ row: [CatalogValue]) throws(CatalogError) {
        var reader = RowReader("flags", row)
        name = try reader.text()
        version = try reader.bits()
        value = try reader.textOrNull()
        source = try reader.bits()
        seq = try reader.bits()
        changed = try reader.time()
        actor = try reader.text()
    }

    static func all(_ result: CatalogRows) throws(CatalogError) -> [FlagRow] {
        var rows: [FlagRow] = []
        for row in result.rows { rows.append(try FlagRow(row)) }
        return rows
    }
}
