import Foundation
import Processes
import Testing

/// `rowhouse tenant shell`, typed to and fed with scripts, and what it and `tenant export` write as SQL.
@Suite(.serialized) struct ShellCommandTests {
    private func served() throws -> ServerProcess {
        let server = try ServerProcess()
        #expect(try Wire(port: server.port).send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        return server
    }

    private func shell(
        _ server: ServerProcess, _ input: String, _ arguments: [String] = []
    ) throws -> (status: Int32, output: String, errors: String) {
        try CommandLineRun.run(["tenant", "shell", "acme"] + arguments, on: server, input: input)
    }

    private func folder() throws -> String {
        let path = NSTemporaryDirectory() + "rowhouse-shell-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test func `Somebody types, edits, completes, interrupts and leaves`() throws {
        let server = try served()
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let outcome = try Python.run("shell_pty.py", [ServerProcess.binary, server.url, folder])
        #expect(outcome.code == 0, "\(outcome.output)")
    }

    @Test func `A script stops at its first error and says where it was`() throws {
        let server = try served()
        let script = """
            -- a script
            CREATE TABLE t(a, b);
            .mode csv
            INSERT INTO t VALUES (1, 'x;'),
              (2, NULL);
            SELECT * FROM t;
            SELECT * FROM nowhere;
            DELETE FROM t;
            """
        let stopped = try shell(server, script)
        #expect(stopped.status == 1 && stopped.output == "a,b\n1,x;\n2,\n", "\(stopped)")
        #expect(stopped.errors.hasPrefix("rowhouse: standard input, line 7: SQLite error: no such table: nowhere"))
        let going = try shell(server, script.replacing("CREATE TABLE t(a, b);", with: ""), ["--keep-going"])
        #expect(going.status == 1 && going.errors.contains("line 7"), "\(going)")
        #expect(try shell(server, ".mode line\nSELECT count(*) AS n FROM t").output == "n = 0\n")
        let open = try shell(server, "BEGIN; INSERT INTO t VALUES (1, 1);")
        #expect(open.status == 1 && open.errors.contains("is undone"), "\(open)")
        #expect(try shell(server, ".nonsense\n").status == 1)
        #expect(try CommandLineRun.run(["tenant", "shell", "nobody"], on: server, input: "SELECT 1;").status == 3)
        #expect(try shell(server, "SELECT 1;\n.quit\nSELECT 2;").status == 0)
    }

    @Test func `Files are read, written and imported`() throws {
        let server = try served()
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "id,text\n1,\"a,\"\"b\"\"\nc\"\n2,\n".write(toFile: folder + "/in.csv", atomically: false, encoding: .utf8)
        try ".parameter set id 2\nSELECT id, text FROM notes WHERE id = :id;\n".write(
            toFile: folder + "/two.sql", atomically: false, encoding: .utf8)
        let script = """
            .import \(folder)/in.csv notes
            .mode csv
            .once \(folder)/out.csv
            SELECT * FROM notes;
            .headers off
            .nullvalue nothing
            .read \(folder)/two.sql
            .tables
            """
        let done = try shell(server, script)
        #expect(done.status == 0 && done.output == "2,nothing\nnotes\n", "\(done)")
        let written = try String(contentsOfFile: folder + "/out.csv", encoding: .utf8)
        #expect(written == "id,text\n1,\"a,\"\"b\"\"\nc\"\n2,\n")
        // One bad record, and nothing of the file is there.
        try "3,x\n4\n".write(toFile: folder + "/bad.csv", atomically: false, encoding: .utf8)
        let bad = try shell(server, ".import \(folder)/bad.csv notes\n")
        #expect(
            bad.status == 1 && bad.errors.contains("bad.csv, line 2: 1 field, and the table has 2 columns"), "\(bad)")
        #expect(try shell(server, ".mode csv\n.headers off\nSELECT count(*) FROM notes;").output == "2\n")
    }

    /// Everything that a dump has to get right, made by hand.
    private static let rich = """
        CREATE TABLE plain(a, b BLOB, "odd ""name" TEXT DEFAULT 'it''s') -- why not
        ;
        CREATE TABLE keyed(id INTEGER PRIMARY KEY AUTOINCREMENT, r REAL, g AS (r * 2) STORED);
        CREATE TABLE bare(k TEXT PRIMARY KEY, v) WITHOUT ROWID;
        CREATE VIRTUAL TABLE words USING fts5(body);
        INSERT INTO plain VALUES (1, x'00ff', 'grün 漢'), (NULL, zeroblob(3), 'a' || char(10) || 'b;''--'), (9e999, -1.5e-300, '');
        INSERT INTO keyed(r) VALUES (0.1), (1e100), (-9223372036854775808), (-2.377000661190533e-300);
        INSERT INTO bare VALUES ('k', 9223372036854775807);
        INSERT INTO words VALUES ('the quick fox'), ('a lazy dog');
        CREATE INDEX i ON plain(a);
        CREATE VIEW v AS SELECT a FROM plain;
        CREATE TRIGGER tr AFTER INSERT ON plain BEGIN UPDATE keyed SET r = 0; SELECT 1; END;
        PRAGMA user_version = 7;
        """
    private static let look = """
        SELECT typeof(a), a < 9e999, hex(b), "odd ""name" FROM plain ORDER BY rowid; SELECT * FROM bare;
        SELECT id, printf('%!.17g', r), printf('%!.17g', g) FROM keyed ORDER BY id; SELECT * FROM sqlite_sequence;
        SELECT body FROM words WHERE words MATCH 'quick'; PRAGMA user_version; SELECT count(*) FROM v;
        SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY name;
        """

    @Test(arguments: ["export", "dump"])
    func `A dump makes the same database again, with SQLite's shell and with this one`(way: String) throws {
        let server = try served()
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let made = try shell(server, Self.rich)
        #expect(made.status == 0, "\(made)")
        let file = folder + "/dump.sql"
        let written =
            way == "dump"
            ? try shell(server, ".output \(file)\n.dump\n")
            : try CommandLineRun.run(["tenant", "export", "acme", file], on: server)
        #expect(written.status == 0, "\(written)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["dump.sql"])
        let expected = try shell(server, ".mode csv\n.headers off\n" + Self.look)
        let loaded = try CommandLineRun.run(
            "/usr/bin/env", ["sqlite3", folder + "/again.sqlite", ".read \(file)"], environment: [:])
        #expect(loaded.status == 0 && loaded.errors.isEmpty, "\(loaded)")
        let again = try CommandLineRun.run(
            "/usr/bin/env", ["sqlite3", "-csv", folder + "/again.sqlite", "PRAGMA integrity_check;" + Self.look],
            environment: [:])
        let found = again.output.replacing("\r\n", with: "\n").replacing("\"", with: "")
        #expect(found == "ok\n" + expected.output.replacing("\"", with: ""))
    }

    @Test func `A shell completes keys of tenants, and does without them when nobody answers`() throws {
        let server = try served()
        #expect(try Wire(port: server.port).send("POST", "/v1/tenants", #"{"key":"dm:17"}"#).status == 201)
        let script = try CommandLineRun.run(["completions", "bash"], on: server)
        #expect(script.status == 0 && script.output.contains("rowhouse"))
        let typed = [
            "---completion", "tenant", "show", "--", "positional@0", "3", "1", "rowhouse", "tenant", "show", "d",
        ]
        #expect(try CommandLineRun.run(typed, on: server).output == "dm:17\n")
        server.stop()
        let silent = try CommandLineRun.run(typed, on: server)
        #expect(silent.status == 0 && silent.output.filter { $0 != "\n" }.isEmpty, "\(silent)")
    }
}
