package import Vocabulary

/// How far a copy has come, as the copy itself keeps it: which catalog it is of, which table, and the last key.
package struct CopyMark: Equatable, Sendable {
    package var source: Identity
    /// By its place in `CatalogTables.copied`.
    package var table: Int
    /// Rows of this table that are there.
    package var rows: Int
    /// The primary key of the last one; empty before the first.
    package var key: [CatalogValue]

    package init(source: Identity, table: Int = 0, rows: Int = 0, key: [CatalogValue] = []) {
        self.source = source
        self.table = table
        self.rows = rows
        self.key = key
    }
}

extension CopyMark: LosslessStringConvertible {
    /// Source, table, rows and the key's values with their kinds, by blanks.
    package var description: String {
        (["\(source)", "\(table)", "\(rows)"] + key.map(Self.text)).joined(separator: " ")
    }

    package init?(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count >= 3, let source = Identity(hex: words[0]), let table = Int(words[1]),
            let rows = Int(words[2])
        else { return nil }
        self.init(source: source, table: table, rows: rows)
        for word in words[3...] {
            guard let value = Self.value(word) else { return nil }
            key.append(value)
        }
    }

    private static func text(_ value: CatalogValue) -> String {
        switch value {
        case .null: "n"
        case .integer(let number): "i\(number)"
        case .text(let text): "t" + hex(Array(text.utf8))
        case .blob(let bytes): "b" + hex(bytes)
        }
    }

    private static func value(_ word: String) -> CatalogValue? {
        let rest = word.dropFirst()
        switch word.first {
        case "n": return .null
        case "i": return Int64(rest).map { .integer($0) }
        case "t": return bytes(rest).flatMap { String(validating: $0, as: UTF8.self) }.map { .text($0) }
        case "b": return bytes(rest).map { .blob($0) }
        default: return nil
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func bytes(_ hex: Substring) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}
