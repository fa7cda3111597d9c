import CSQLite
import Foundation
import SQLiteKit
import Testing

/// A database file as SQLite makes it, somewhere else.
struct ForeignFile {
    var bytes: [UInt8]

    /// - Parameter sql: run on an empty database, settings of the file first.
    init(_ sql: String, isLogged: Bool = false) throws {
        // Whoever uses SQLite first decides how it is set up.
        SQLiteRuntime.start()
        let path = NSTemporaryDirectory() + UUID().uuidString + ".sqlite"
        defer { for end in ["", "-wal", "-shm"] { unlink(path + end) } }
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        try #require(
            sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "unix") == SQLITE_OK)
        for text in isLogged ? [sql, "PRAGMA journal_mode=WAL"] : [sql] {
            let code = sqlite3_exec(handle, text, nil, nil, nil)
            try #require(code == SQLITE_OK, "\(String(cString: sqlite3_errmsg(handle)))")
        }
        sqlite3_close_v2(handle)
        handle = nil
        bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// Tables, indexes and rows of every kind, of many pages.
    static let content = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, v);
        CREATE INDEX tv ON t(v);
        INSERT INTO t WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 800)
            SELECT i, 'row ' || i || ' grüße ' || hex(zeroblob(20)) FROM c;
        INSERT INTO t VALUES (9001, zeroblob(100000)), (9002, NULL), (9003, 1.5), (9004, x'00ff'), (-5, 'emoji 😀');
        CREATE TABLE w(a TEXT PRIMARY KEY, b, g AS (length(b)) STORED, u AS (b || a)) WITHOUT ROWID;
        INSERT INTO w VALUES ('x', 'yy'), ('ä', 'zzz');
        CREATE TABLE plain(a, "odd name", rowid TEXT);
        INSERT INTO plain(a, rowid) VALUES (1, 'not the id');
        CREATE TABLE n(id INTEGER PRIMARY KEY AUTOINCREMENT, v UNIQUE);
        INSERT INTO n VALUES (41, 'a'), (42, 'b');
        CREATE TABLE log(what);
        CREATE TRIGGER keep AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); SELECT 1; END;
        CREATE VIEW both AS SELECT t.id, n.v FROM t JOIN n USING (id);
        CREATE VIRTUAL TABLE words USING fts5(text);
        INSERT INTO words VALUES ('the quick brown fox'), ('jumps');
        PRAGMA user_version=17;
        PRAGMA application_id=4711;
        """

    /// What must be the same before and after, one text.
    static let digest = """
        SELECT (SELECT group_concat(id || ':' || typeof(v) || ':' || quote(v)) FROM (SELECT * FROM t ORDER BY id))
            || (SELECT group_concat(a || b || g || u) FROM (SELECT * FROM w ORDER BY a))
            || (SELECT group_concat(a || ifnull("odd name", '-') || rowid || _rowid_) FROM plain)
            || (SELECT group_concat(id || v) FROM n) || (SELECT seq FROM sqlite_sequence)
            || (SELECT count(*) FROM log) || (SELECT group_concat(rowid) FROM words WHERE words MATCH 'fox')
            || (SELECT group_concat(type || name) FROM (SELECT * FROM sqlite_master ORDER BY name))
            || (SELECT user_version FROM pragma_user_version)
            || (SELECT application_id FROM pragma_application_id)
        """

    /// What a plain SQLite says of it.
    func look(_ sql: String) throws -> String {
        let path = NSTemporaryDirectory() + UUID().uuidString + ".sqlite"
        defer { for end in ["", "-wal", "-shm"] { unlink(path + end) } }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        var statement: OpaquePointer?
        try #require(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, "unix") == SQLITE_OK)
        let code = sqlite3_prepare_v2(handle, sql, -1, &statement, nil)
        try #require(code == SQLITE_OK, "\(String(cString: sqlite3_errmsg(handle)))")
        defer { sqlite3_finalize(statement) }
        try #require(sqlite3_step(statement) == SQLITE_ROW)
        return sqlite3_column_text(statement, 0).map { String(cString: $0) } ?? "NULL"
    }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Big-endian, of `count` bytes.
    mutating func write(_ value: Int, _ count: Int, at offset: Int) {
        for index in 0..<count { bytes[offset + index] = UInt8(value >> (8 * (count - 1 - index)) & 0xFF) }
    }

    func number(_ count: Int, at offset: Int) -> Int {
        bytes[offset..<(offset + count)].reduce(0) { $0 << 8 | Int($1) }
    }
}
