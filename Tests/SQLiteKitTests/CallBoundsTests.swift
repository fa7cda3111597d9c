import CSQLite
import Foundation
import SQLiteKit
import Testing

/// What a call into SQLite may take of memory and stack.
@Suite struct CallBoundsTests {
    @Test func `everything that is allocated is charged and given back`() throws {
        let shop = try Workshop()
        let budget = MemoryBudget(limitBytes: 1 << 30)
        let account = MemoryAccount(limitBytes: 64 << 20, budget: budget)
        do {
            let file = try shop.vfs.attach(
                path: try shop.makeDatabase("a.sqlite", sql: "CREATE TABLE t(a, b)"), observer: nil)
            let connection = try shop.connect(file, memory: account)
            let empty = account.usedBytes
            #expect(empty > 0)
            let select = try connection.prepare("SELECT randomblob(3000000), ?1, zeroblob(4000000), 'text', 5.5")
            try [UInt8](repeating: 1, count: 2_000_000).withUnsafeBytes { try select.bind(blob: $0, 1) }
            #expect(try select.step())
            #expect(select.blob(2).count == 4_000_000)
            #expect(account.usedBytes - empty > 8_900_000)
            #expect(budget.usedBytes > 8_900_000)
            select.reset()
            select.clearBindings()
            #expect(account.usedBytes - empty < 100_000)
            for _ in 0..<50 {
                #expect(try select.step())
                _ = (select.text(0).count, select.blob(2).count)
                select.reset()
            }
            #expect(abs(account.usedBytes - empty) < 100_000)
        }
        #expect(account.usedBytes == 0)
        #expect(budget.usedBytes == 0)
    }

    @Test func `beyond the bound a statement fails and the next one does not`() throws {
        let shop = try Workshop()
        let account = MemoryAccount(limitBytes: 4 << 20, budget: MemoryBudget(limitBytes: 1 << 30))
        let file = try shop.vfs.attach(path: try shop.makeDatabase("a.sqlite", sql: "CREATE TABLE t(a)"), observer: nil)
        let connection = try shop.connect(file, memory: account)
        try connection.execute("BEGIN; INSERT INTO t VALUES (1)")
        for _ in 0..<20 {
            let error = #expect(throws: SQLiteError.self) {
                try connection.execute("INSERT INTO t SELECT randomblob(6000000)")
            }
            #expect(error?.code == SQLITE_NOMEM)
        }
        #expect(!connection.isAutocommit)
        try connection.execute("INSERT INTO t VALUES (2); COMMIT")
        connection.isUnbounded = true
        try connection.execute("INSERT INTO t SELECT randomblob(6000000)")
        connection.isUnbounded = false
        let count = try connection.prepare("SELECT count(*) FROM t")
        #expect(try count.step())
        #expect(count.integer(0) == 3)
    }

    /// SQLite compiles each level inside the one before; nothing else ends that.
    @Test func `on a small stack deep nesting ends in an error`() throws {
        let shop = try Workshop()
        let file = try shop.vfs.attach(path: try shop.makeDatabase("a.sqlite", sql: "CREATE TABLE t(a)"), observer: nil)
        let codes = try onThread(stackBytes: 512 << 10) {
            let connection = try shop.connect(file)
            return [4_000, 3_999, 3, 4_000, 3].map { depth in
                let steps = (1..<depth).map { "a\($0) AS (SELECT x FROM a\($0 - 1) LIMIT 1)" }.joined(separator: ",")
                do throws(SQLiteError) {
                    let select = try connection.prepare(
                        "WITH a0 AS (SELECT 7 AS x), \(steps) SELECT x FROM a\(depth - 1)")
                    return try select.step() ? Int32(select.integer(0)) * 100 : -1
                } catch {
                    return error.code
                }
            }
        }
        #expect(codes == [SQLITE_NOMEM, SQLITE_NOMEM, 700, SQLITE_NOMEM, 700])
    }

    @Test func `triggers and cascades that lead on and on end in an error`() throws {
        let shop = try Workshop()
        let depth = 800
        var schema = "BEGIN;"
        for level in 0...depth {
            let parent = max(0, level - 1)
            schema += "CREATE TABLE q\(level)(a INTEGER PRIMARY KEY REFERENCES q\(parent) ON DELETE CASCADE);"
        }
        for level in 0..<depth {
            let next = "INSERT INTO q\(level + 1) VALUES (1)"
            schema += "CREATE TRIGGER r\(level) AFTER INSERT ON q\(level) BEGIN \(next); END;"
        }
        let path = try shop.makeDatabase("a.sqlite", sql: schema + "COMMIT")
        let file = try shop.vfs.attach(path: path, observer: nil)
        let codes = try onThread(stackBytes: 512 << 10) {
            let connection = try shop.connect(file)
            try connection.execute("PRAGMA foreign_keys=1")
            return ["INSERT INTO q1 VALUES (1)", "DELETE FROM q1", "SELECT 1"].map { sql in
                do throws(SQLiteError) {
                    try connection.execute(sql)
                    return SQLITE_OK
                } catch {
                    return error.code
                }
            }
        }
        #expect(codes == [SQLITE_NOMEM, SQLITE_NOMEM, SQLITE_OK])
    }

    private func onThread<R: Sendable>(stackBytes: Int, _ body: @escaping () throws -> R) throws -> R {
        nonisolated(unsafe) let work = body
        nonisolated(unsafe) var result: Result<R, any Error>?
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            result = Result { try work() }
            done.signal()
        }
        thread.stackSize = stackBytes
        thread.start()
        done.wait()
        return try result!.get()
    }

    @Test func `SQL learns the name of its file and not where it lies`() throws {
        let shop = try Workshop()
        let file = try shop.vfs.attach(path: try shop.makeDatabase("a.sqlite", sql: "CREATE TABLE t(a)"), observer: nil)
        let list = try shop.connect(file).prepare("PRAGMA database_list")
        #expect(try list.step())
        #expect(list.string(2) == "a.sqlite")
    }
}
