/// What a tenant of the load holds after a commit.
struct Model: Equatable, Sendable, CustomStringConvertible {
    struct Row: Equatable, Sendable {
        /// The version under which it was written, and the length of its text: both decide what the text is.
        var n: Int
        var size: Int
    }

    /// Transactions so far.
    var version = 0
    var rows: [Int: Row] = [:]
    /// Numbers of the tables that DDL made.
    var tables: Set<Int> = []

    static let schema = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER NOT NULL, size INTEGER NOT NULL, v TEXT NOT NULL);
        CREATE INDEX tn ON t(n, size);
        CREATE TABLE meta(version INTEGER NOT NULL);
        INSERT INTO meta VALUES (0);
        """

    /// The text of a row, made by SQLite from what the row says of itself, so that it is checked there, too.
    static func value(id: String, n: String, size: String) -> String {
        "substr(replace(hex(zeroblob(\(size) / 2 + 4)), '00000000', printf('%08x', \(id) * 7919 + \(n))), 1, \(size))"
    }

    /// Queries whose answers `init(answers:)` reads, and one whose answer is a fault.
    static let queries = [
        "SELECT version FROM meta",
        "SELECT group_concat(id || ':' || n || ':' || size, ' ') FROM (SELECT id, n, size FROM t ORDER BY id)",
        "SELECT group_concat(substr(name, 2), ' ') FROM sqlite_master WHERE type = 'table' AND name GLOB 'x[0-9]'",
        "SELECT count(*) FROM t WHERE v <> \(value(id: "id", n: "n", size: "size"))",
        "PRAGMA integrity_check",
    ]

    init() {}

    /// - Returns: nil where they are none.
    init?(answers: [String?]) {
        guard answers.count >= 3, let version = answers[0].flatMap({ Int($0) }) else { return nil }
        self.version = version
        for row in (answers[1] ?? "").split(separator: " ") {
            let parts = row.split(separator: ":").compactMap { Int($0) }
            guard parts.count == 3 else { return nil }
            rows[parts[0]] = Row(n: parts[1], size: parts[2])
        }
        tables = Set((answers[2] ?? "").split(separator: " ").compactMap { Int($0) })
    }

    var description: String {
        let bytes = rows.values.reduce(0) { $0 + $1.size }
        return "version \(version), \(rows.count) rows of \(bytes) bytes, tables \(tables.sorted())"
    }
}
