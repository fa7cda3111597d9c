import Foundation
import Tenants
import Testing
import Vocabulary

@testable import DataPlane

/// Files that lie, are broken, or want what no tenant may: refused with a stable code, and nothing is lost.
@Suite struct HostileUploadTests {
    private struct Case: Sendable {
        let name: String
        let bytes: [UInt8]
        let status: Int
        let code: String
        var says = ""
    }

    private static func lying(_ name: String, _ status: Int, _ code: String, _ change: (inout ForeignFile) -> Void)
        throws -> Case
    {
        var file = try ForeignFile(ForeignFile.content)
        change(&file)
        return Case(name: name, bytes: file.bytes, status: status, code: code)
    }

    private static func holding(_ sql: String, says: String, _ status: Int = 422, _ code: String = "snapshot_refused")
        throws -> Case
    {
        Case(name: sql, bytes: try ForeignFile(sql).bytes, status: status, code: code, says: says)
    }

    private static func cases() throws -> [Case] {
        let (invalid, damaged) = ("snapshot_invalid", "snapshot_damaged")
        return try [
            Case(name: "empty", bytes: [], status: 400, code: invalid, says: "empty"),
            Case(name: "text", bytes: Array("CREATE TABLE t(a);".utf8), status: 400, code: invalid, says: "SQL"),
            Case(name: "magic only", bytes: Array("SQLite format 3\0".utf8), status: 422, code: damaged),
            Case(name: "zeros", bytes: Array(repeating: 0, count: 8192), status: 400, code: invalid),
            lying("page size 1000", 400, invalid) { $0.write(1000, 2, at: 16) },
            lying("page size 0", 400, invalid) { $0.write(0, 2, at: 16) },
            lying("page size doubled", 422, damaged) { $0.write(8192, 2, at: 16) },
            lying("format 3", 400, invalid) { $0.write(3, 1, at: 18) },
            lying("reserved", 400, invalid) {
                $0.write(255, 1, at: 20); $0.write(512, 2, at: 16)
            },
            lying("fractions", 400, invalid) { $0.write(65, 1, at: 21) },
            lying("schema format", 400, invalid) { $0.write(5, 4, at: 44) },
            lying("encoding", 400, invalid) { $0.write(4, 4, at: 56) },
            lying("more pages promised", 422, damaged) { $0.write($0.number(4, at: 28) + 1, 4, at: 28) },
            lying("fewer pages promised", 422, damaged) { $0.write($0.number(4, at: 28) - 1, 4, at: 28) },
            lying("cut off by a page", 422, damaged) { $0.bytes.removeLast(4096) },
            lying("cut off within a page", 422, damaged) { $0.bytes.removeLast(100) },
            lying("something behind it", 422, damaged) { $0.bytes += [0] },
            lying("freelist count", 422, damaged) { $0.write(7, 4, at: 36) },
            lying("freelist beyond", 422, damaged) {
                $0.write(100_000, 4, at: 32); $0.write(1, 4, at: 36)
            },
            lying("no schema", 422, damaged) { $0.write(0, 4, at: 100) },
            holding("CREATE TABLE _ROWHOUSE_x(a)", says: "_rowhouse_"),
            holding("CREATE TABLE t(a); CREATE INDEX _rowhouse_i ON t(a)", says: "_rowhouse_"),
            holding("CREATE VIEW _rowhouse_v AS SELECT 1", says: "_rowhouse_"),
            holding(
                "PRAGMA writable_schema=ON; CREATE TABLE t(a); UPDATE sqlite_master SET sql = 'CREATE TABLE t(a', name = 't'",
                says: "", 422, damaged),
            holding(
                """
                PRAGMA writable_schema=ON; CREATE TABLE t(a);
                INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v/*USING fts5*/USING "CSV"(x)')
                """, says: "csv"),
        ]
    }

    @Test func `files that lie or want too much are refused, and the tenant is as it was`() async throws {
        let cases = try Self.cases()
        try await HranaDoor.open { inner in
            let door = UploadDoor(door: inner)
            _ = try await door.query("INSERT INTO t(v) VALUES ('mine')")
            for one in cases {
                let answer = try await door.send("PUT", one.bytes)
                #expect(
                    answer.status == one.status && answer.code == one.code
                        && (one.says.isEmpty || answer.message.contains(one.says)),
                    "\(one.name): \(answer.status) \(answer.body)")
            }
            let kept = try await door.query("SELECT v FROM t")
            #expect(kept.body.contains("mine") && kept.headers["rowhouse-bookmark"] == "1-1", "\(kept)")
            #expect(try door.leftOvers() == [])
        }
    }

    /// Where each kind of page is, by what it says of itself, or by who points to it.
    private static func pages(of file: ForeignFile) -> [String: Int] {
        var pages: [String: Int] = [:]
        for page in 1..<(file.bytes.count / 4096) {
            switch file.bytes[page * 4096] {
            case 2: pages["index interior"] = page
            case 5: pages["table interior"] = page
            case 10: pages["index leaf"] = page
            case 13: pages["table leaf"] = page
            default: break
            }
        }
        return pages
    }

    @Test func `one wrong page of each kind is found`() async throws {
        let many =
            ForeignFile.content
            + "CREATE TABLE many(a, b); CREATE INDEX manyb ON many(b, a);"
            + "INSERT INTO many WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 9000)"
            + " SELECT hex(zeroblob(30)), i FROM c;"
        let file = try ForeignFile(many)
        // Free pages look like what they were.
        let freed = try ForeignFile(many + "CREATE TABLE gone AS SELECT * FROM many; DROP TABLE gone;")
        let trees = Self.pages(of: file)
        #expect(trees.count == 4, "\(trees)")
        let pages = trees.merging(["freelist trunk": freed.number(4, at: 32) - 1]) { $1 }
        try await HranaDoor.open { inner in
            let door = UploadDoor(door: inner)
            for (kind, page) in pages {
                for damage in [0, 1, 2] {
                    var broken = kind == "freelist trunk" ? freed : file
                    switch (kind, damage) {
                    // The next trunk is itself, or the list is longer than the file.
                    case ("freelist trunk", 0): broken.write(page + 1, 4, at: page * 4096)
                    case ("freelist trunk", 1): broken.write(5_000, 4, at: page * 4096 + 4)
                    case ("freelist trunk", _): broken.write(2, 4, at: page * 4096 + 8)
                    // Its kind, its number of cells, its first cell.
                    case (_, 0): broken.write(7, 1, at: page * 4096)
                    case (_, 1): broken.write(3_000, 2, at: page * 4096 + 3)
                    case (_, _): for offset in 0..<64 { broken.write(0xFF, 1, at: page * 4096 + 8 + offset) }
                    }
                    let answer = try await door.put(broken)
                    #expect(
                        answer.status == 422 && answer.code == "snapshot_damaged",
                        "\(kind) \(damage): \(answer.status) \(answer.body)")
                }
            }
            #expect(try await door.query("SELECT * FROM t").status == 200)
            #expect(try await door.put(file).status == 200)
        }
    }

    @Test func `bytes turned at random never harm the node or the tenant`() async throws {
        let file = try ForeignFile("PRAGMA page_size=512;" + ForeignFile.content)
        try await HranaDoor.open { inner in
            let door = UploadDoor(door: inner)
            var statuses: [Int: Int] = [:]
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<150 {
                var broken = file
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    // Structure is more interesting than text.
                    let page = Int.random(in: 0..<(broken.bytes.count / 512), using: &generator)
                    let offset = Int.random(in: 0..<(Bool.random(using: &generator) ? 40 : 512), using: &generator)
                    broken.bytes[page * 512 + offset] = UInt8.random(in: 0...255, using: &generator)
                }
                let answer = try await door.put(broken)
                statuses[answer.status, default: 0] += 1
                #expect([200, 400, 422].contains(answer.status), "\(answer.status) \(answer.body)")
                guard answer.status == 200 else { continue }
                #expect(try await door.snapshot().look("PRAGMA integrity_check") == "ok")
            }
            #expect(statuses[422, default: 0] > 20, "\(statuses)")
        }
    }

    @Test func `a hostile schema is carried, and not run`() async throws {
        let file = try ForeignFile(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, v, CHECK (v <> 'no'));
            INSERT INTO t(v) VALUES ('a');
            CREATE TRIGGER evil AFTER INSERT ON t BEGIN INSERT INTO t(v) SELECT load_extension('/tmp/x.so'); END;
            CREATE VIEW reads AS SELECT load_extension('/tmp/x.so');
            CREATE VIEW many AS SELECT 1 FROM t, t, t, t, t, t, t, t;
            """)
        try await HranaDoor.open { inner in
            let door = UploadDoor(door: inner)
            for encoding in ["", "PRAGMA encoding='UTF-16';"] {
                let other =
                    encoding.isEmpty
                    ? file
                    : try ForeignFile(
                        encoding
                            + "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t(v) VALUES ('a'); CREATE VIEW reads AS SELECT load_extension('/tmp/x.so'); CREATE TRIGGER evil AFTER INSERT ON t BEGIN SELECT load_extension('/tmp/x.so'); END;"
                    )
                #expect(try await door.put(other).status == 200)
                #expect(try await door.query("SELECT v FROM t").status == 200)
                #expect(try await door.query("INSERT INTO t(v) VALUES ('b')").status == 400)
                #expect(try await door.query("SELECT * FROM reads").status == 400)
            }
        }
    }

    @Test func `a value that is too large for SQL is kept, or refused where it would have to be read`() async throws {
        let sql = "CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(40000000))"
        try await HranaDoor.open { inner in
            let door = UploadDoor(door: inner)
            #expect(try await door.put(ForeignFile(sql)).status == 200)
            #expect(try await door.snapshot().look("SELECT length(a) FROM t") == "40000000")
            let refused = try await door.put(ForeignFile("PRAGMA encoding='UTF-16';" + sql))
            #expect(refused.status == 422 && refused.message.contains("larger"), "\(refused.body)")
        }
    }

    @Test func `2,000 tables and a quota`() async throws {
        let tables = (0..<2_000).map { "CREATE TABLE t\($0)(a PRIMARY KEY, b);" }.joined()
        let file = try ForeignFile("PRAGMA page_size=512; BEGIN;" + tables + "COMMIT;")
        let house = try await HranaHouse { settings, _ in settings.databasePages = 5_000 }
        try await HranaDoor.open(house: house) { inner in
            let door = UploadDoor(door: inner)
            #expect(try await door.put(file).status == 200)
            let count = try await door.query("SELECT count(*) FROM sqlite_master WHERE type = 'table'")
            #expect(count.body.contains("2000"), "\(count)")
            let large = try ForeignFile("CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(24000000))")
            let refused = try await door.put(large)
            #expect(refused.status == 507 && refused.code == "quota_exceeded", "\(refused.body)")
            #expect(try door.leftOvers() == [])
        }
    }
}
