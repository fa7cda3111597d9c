/// Portable SQL as PostgreSQL reads it: `?1` is `$1` there.
enum PostgresText {
    /// - Returns: nil where a question mark is something else than the beginning of a placeholder.
    static func rewrite(_ sql: String) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(sql.utf8.count)
        var isAfterMark = false
        for byte in sql.utf8 {
            if isAfterMark, !(UInt8(ascii: "1")...UInt8(ascii: "9")).contains(byte) { return nil }
            isAfterMark = byte == UInt8(ascii: "?")
            bytes.append(isAfterMark ? UInt8(ascii: "$") : byte)
        }
        return isAfterMark ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
