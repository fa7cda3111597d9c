import Seams
import Testing
import Vocabulary

@testable import Tenants

/// What one tenant's SQL may take of memory, stack and time. The same statements must not hurt the next ones.
@Suite(.serialized) struct BoundsTests {
    private static let rows =
        "(WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 100000) SELECT i FROM c)"

    @Test func `a statement that wants more memory than its tenant may have fails alone`() async throws {
        let house = try House { settings, _ in settings.sqlMemoryPerTenant = 32 << 20 }
        let tenant = try await house.create(1000)
        let bombs = [
            "SELECT " + Array(repeating: "randomblob(8000000)", count: 20).joined(separator: ","),
            "SELECT length(json_group_array(hex(zeroblob(50000)))) FROM \(Self.rows)",
            "SELECT length(group_concat(hex(zeroblob(50000)))) FROM \(Self.rows)",
            "SELECT count(*) FROM json_each('[' || replace(hex(zeroblob(2000000)), '00', '1,') || '1]')",
            "SELECT length(json_array(" + Array(repeating: "hex(zeroblob(3000000))", count: 20).joined(separator: ",")
                + "))",
        ]
        for bomb in bombs {
            let outcome = try await house.outcomes(of: [bomb], on: tenant).first
            #expect(
                outcome == .sqlite(7) || outcome == .sqlite(18), "\(bomb.prefix(60)): \(String(describing: outcome))")
        }
        // In a transaction: the statement is undone, the transaction is not, and nothing of the memory is kept.
        let inside = try await house.conversation(
            ["BEGIN", "INSERT INTO t VALUES (1, 'kept')", bombs[0], "INSERT INTO t VALUES (2, 'too')", "COMMIT"],
            on: tenant)
        #expect(inside == [.row(""), .row(""), .sqlite(7), .row(""), .row("")])
        #expect(try await house.integer("SELECT count(*) FROM t", on: tenant) == 2)
        #expect(house.engine.sqlMemoryBytes < 4 << 20, "\(house.engine.sqlMemoryBytes) bytes are still charged")
        try house.stop()
        #expect(house.engine.sqlMemoryBytes == 0)
    }

    @Test func `what a half-read result holds counts as long as it is open`() async throws {
        let house = try House { settings, _ in settings.sqlMemoryPerTenant = 32 << 20 }
        let tenant = try await house.create(1000)
        let outcomes = try await house.engine.perform(on: tenant) { (database) -> (Int, Caller.Outcome) in
            var streams: [TenantStream] = []
            var open: [RunningStatement] = []
            var refused = 0
            for _ in 0..<8 {
                let stream = database.temporaryStream(principal: 1)
                streams.append(stream)
                let session = database.session(on: stream, rights: .read, deadline: .distantFuture)
                do throws(SQLFailure) {
                    let running = try session.startOwn("SELECT randomblob(8000000)")
                    open.append(running)
                    _ = try running.step()
                } catch {
                    refused += 1
                }
            }
            for running in open { _ = running.finish() }
            for stream in streams { database.close(stream) }
            let caller = Caller(database)
            defer { caller.leave() }
            return (refused, caller.run("SELECT length(randomblob(8000000))"))
        }
        #expect(outcomes.0 >= 4)
        #expect(outcomes.1 == .row("8000000"))
        try house.stop()
    }

    @Test func `the node's bound holds for all tenants together`() async throws {
        let house = try House { settings, _ in
            settings.sqlMemoryPerTenant = 24 << 20
            settings.sqlMemoryPerNode = 8 << 20
        }
        let tenant = try await house.create(1000)
        #expect(try await house.outcomes(of: ["SELECT length(randomblob(12000000))"], on: tenant) == [.sqlite(7)])
        #expect(try await house.outcomes(of: ["SELECT length(randomblob(1000000))"], on: tenant) == [.row("1000000")])
        try house.stop()
    }

    /// Each level is compiled inside the one before.
    @Test func `SQL that is nested without end is refused and takes nobody's stack`() async throws {
        let house = try House()
        let tenant = try await house.create(1000)
        let expressions = (1..<20_000).map { "a\($0) AS (SELECT x FROM a\($0 - 1) LIMIT 1)" }.joined(separator: ",")
        let chain = "WITH a0 AS (SELECT 1 AS x), \(expressions) SELECT * FROM a19999"
        let parentheses =
            "SELECT " + String(repeating: "(", count: 20_000) + "1" + String(repeating: ")", count: 20_000)
        let conditions = "SELECT 1 WHERE " + Array(repeating: "1=1", count: 20_000).joined(separator: " OR ")
        let selects = String(repeating: "SELECT (", count: 5_000) + "1" + String(repeating: ")", count: 5_000)
        let outcomes = try await house.outcomes(of: [chain, parentheses, conditions, selects], on: tenant)
        #expect(outcomes[0] == .blocked || outcomes[0] == .sqlite(7), "\(outcomes[0])")
        #expect(
            outcomes[1...].allSatisfy { $0 == .sqlite(1) || $0 == .sqlite(7) || $0 == .blocked }, "\(outcomes[1...])")
        #expect(try await house.outcomes(of: ["SELECT 1"], on: tenant) == [.row("1")])
        try house.stop()
    }

    @Test(.timeLimit(.minutes(1)))
    func `functions of text take time as their texts are long, not as their product`() async throws {
        let house = try House()
        let tenant = try await house.create(1000)
        let outcomes = try await house.outcomes(
            of: [
                "SELECT instr(printf('%.*c', 300000, 'a'), printf('%.*c', 150000, 'a') || 'b')",
                "SELECT length(replace(printf('%.*c', 300000, 'a'), printf('%.*c', 150000, 'a') || 'b', 'x'))",
                "SELECT length(trim(printf('%.*c', 300000, 'a'), printf('%.*c', 300000, 'b') || 'a'))",
                "SELECT 'a' LIKE printf('%.*c', 2000, 'a')", "SELECT 'a' GLOB printf('%.*c', 2000, 'a')",
            ], on: tenant)
        #expect(outcomes == [.row("0"), .row("300000"), .row("0"), .sqlite(1), .sqlite(1)])
        try house.stop()
    }

    @Test func `sizes beyond every integer are refused as too big`() async throws {
        let house = try House()
        let tenant = try await house.create(1000)
        let outcomes = try await house.outcomes(
            of: [
                "SELECT zeroblob(9223372036854775807)", "SELECT zeroblob(3000000000)", "SELECT randomblob(3000000000)",
                "SELECT length(printf('%*c', 2000000000, 'x'))", "SELECT length(printf('%.*f', 2000000000, 1.0))",
                "SELECT length(zeroblob(-9223372036854775808))", "SELECT length(hex(zeroblob(20000000)))",
                "SELECT length(substr('abc', -9223372036854775808, 9223372036854775807))",
                "SELECT ?250001", "SELECT ?99999999999", "SELECT 1",
            ], on: tenant)
        for (index, outcome) in outcomes.dropLast().enumerated() {
            switch outcome {
            case .sqlite(let code): #expect([1, 7, 18].contains(code), "\(index): \(outcome)")
            case .row(let text): #expect(["", "0"].contains(text), "\(index): \(outcome)")
            default: Issue.record("\(index): \(outcome)")
            }
        }
        #expect(outcomes.last == .row("1"))
        try house.stop()
    }

    @Test func `temporary files have their own bound and say so`() async throws {
        let house = try House { settings, _ in settings.temporaryBytes = 4 << 20 }
        let tenant = try await house.create(1000)
        let sort = "SELECT count(*) FROM (SELECT DISTINCT randomblob(2000) FROM \(Self.rows))"
        let outcomes = try await house.conversation(
            [
                "CREATE TEMP TABLE x AS SELECT 1 AS a", sort, "SELECT a FROM x", "INSERT INTO x VALUES (2)",
                "SELECT count(*) FROM x",
            ],
            on: tenant)
        #expect(outcomes == [.row(""), .other(.temporaryFull), .row("1"), .row(""), .row("2")])
        try house.stop()
    }

    @Test(.timeLimit(.minutes(1))) func `a text of many statements is split in one pass`() {
        let body = String(repeating: "SELECT 1;", count: 200_000)
        let trigger = "\u{FEFF}CREATE /* ; */ TEMP TRIGGER t AFTER INSERT ON x BEGIN \(body) END;"
        let bytes = Array((trigger + "SELECT 2").utf8)
        #expect(StatementSplitter.firstLength(bytes[...]) == trigger.utf8.count)
    }
}
