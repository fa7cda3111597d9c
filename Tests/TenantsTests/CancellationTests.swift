import SQLiteKit
import Seams
import Simulator
import Testing
import Vocabulary

@testable import Tenants

/// Works for whose answer nobody waits any more.
@Suite(.timeLimit(.minutes(2))) struct CancellationTests {
    @Test func `a cancelled statement ends soon, and no other statement is ever hit`() async throws {
        let house = try House()
        let tenant = try await house.create(3_001)
        let engine = house.engine
        let tally = Tally()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                let random = SeededRandom(seed: 3)
                // Long ones, cancelled at any moment: in line, before the first look, in the middle, after their end.
                for _ in 0..<120 {
                    let work = SQLWork("SELECT count(*) FROM \(SQLWork.numbers(upTo: 20_000))")
                    engine.submit(work, to: tenant)
                    try? await Task.sleep(for: .microseconds(random.below(4_000)))
                    engine.cancel(work, of: tenant)
                    switch await work.ended() {
                    case .failed(.cancelled): tally.count()
                    case .done, .refused(.clientLeft): break
                    case let other: tally.note("\(other)")
                    }
                }
            }
            for index in 0..<3 {
                group.addTask {
                    for n in 0..<300 {
                        let work = SQLWork(
                            n % 2 == 0
                                ? "INSERT INTO t(v) VALUES (\(index))"
                                : "SELECT sum(i) FROM \(SQLWork.numbers(upTo: 3_000))")
                        engine.submit(work, to: tenant)
                        let ending = await work.ended()
                        guard case .done = ending else { tally.note("\(ending)"); return }
                    }
                }
            }
        }
        #expect(tally.notes == [])
        #expect(tally.total > 5, "none was cut in the middle")
        #expect(try await house.integer("SELECT count(*) FROM t", on: tenant) == 450)
        #expect(engine.load.waitingWorks == 0)
        try house.stop()
    }

    @Test func `a statement without an end ends when it is cancelled`() async throws {
        let house = try House()
        let tenant = try await house.create(3_002)
        for sql in [
            "SELECT count(*) FROM \(SQLWork.endless)", "INSERT INTO t(v) SELECT i FROM \(SQLWork.endless) WHERE i < 0",
        ] {
            let work = SQLWork(sql)
            house.engine.submit(work, to: tenant)
            try await Task.sleep(for: .milliseconds(30))
            house.engine.cancel(work, of: tenant)
            #expect(await work.ended() == .failed(.cancelled))
        }
        #expect(try await house.integer("SELECT count(*) FROM t", on: tenant) == 0)
        try house.stop()
    }
}
