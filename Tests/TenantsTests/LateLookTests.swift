import SQLiteKit
import Testing
import Vocabulary

@testable import Tenants

/// SQLite asks once more whether to go on when a statement has done all it does and has committed.
@Suite struct LateLookTests {
    @Test func `a statement that was told to have failed has not been done`() async throws {
        let house = try House()
        let tenant = try await house.create(1)
        var done: Int64 = 0
        // Their time is over before they begin, but the short ones end before anybody looks; some are looked at after
        // their commit.
        for round in 0..<1_500 {
            let rows = round % 50 == 0 ? 300 : 1
            let work = SQLWork(
                "INSERT INTO t(v) SELECT i FROM \(SQLWork.numbers(upTo: rows))", deadlineAfter: 0)
            house.engine.submit(work, to: tenant)
            if case .done = await work.ended() { done += Int64(rows) }
        }
        #expect(done > 1_000)
        #expect(try await house.integer("SELECT count(*) FROM t", on: tenant) == done)
        try house.stop()
    }
}
