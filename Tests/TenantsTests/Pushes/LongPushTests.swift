import Foundation
import Seams
import Testing
import Vocabulary

@testable import Tenants

/// Histories whose log gets too long, or cannot be written, under replicas that have something to push each time.
@Suite(.serialized) struct LongPushTests {
    private func write(_ house: PushHouse, _ replica: inout ModelReplica, _ times: Int) async throws {
        for _ in 0..<times {
            #expect(try await house.sync(try house.frames(replica, "INSERT INTO t(v) VALUES ('x')"), &replica))
        }
    }

    private func history(_ house: PushHouse) async throws -> ReplicaHistory {
        try await house.engine.replicas.withTurn(of: house.tenant) { entry in
            try await house.engine.ledger(entry, house.call).history
        }
    }

    @Test func `A replica that never pulls is never refused, and the log does not grow for ever`() async throws {
        let house = try await PushHouse { settings, _ in settings.replicaLogBytes = 4 * 4_120 }
        // Tables that no replica sees change nothing of that.
        try await house.house.run(
            IdempotencyTable.schema() + ";INSERT INTO _rowhouse_idempotency VALUES (1, 'k', 5, x'01', x'02')",
            on: house.tenant)
        var (mine, others) = (try await house.replica(), try await house.replica())
        let first = mine.generation
        for _ in 0..<7 {
            try await write(house, &mine, 12)
            try house.house.restart()
        }
        #expect(mine.generation == first && mine.frame >= 84, "its numbers are its own")
        let last = try await history(house)
        #expect(last.generation > first + 2 && last.frameCount < 60, "\(last)")
        #expect(try await house.number("SELECT count(*) FROM t WHERE v = 'x'") == 84)
        #expect(try await house.number("SELECT count(*) FROM _rowhouse_idempotency") == 1)
        try await others.sync(house.engine, house.call)
        let taken = mine.taken
        try await mine.sync(house.engine, house.call)
        #expect(mine.generation >= last.generation && mine.taken > taken, "it has nothing to push, and is led on")
        try await write(house, &mine, 2)
        try await house.expectSame([mine, others])
        try house.house.stop()
    }

    @Test func `With nothing to push a replica is led on before that`() async throws {
        let house = try await PushHouse { settings, _ in settings.replicaLogBytes = 8 * 4_120 }
        var mine = try await house.replica()
        let first = mine.generation
        try await write(house, &mine, 20)
        #expect(mine.generation == first && mine.frame >= 20)
        try await mine.sync(house.engine, house.call)
        #expect(mine.generation > first)
        try await house.expectSame([mine])
        try house.house.stop()
    }

    @Test func `A generation may end in the middle of what a replica pushes`() async throws {
        let house = try await PushHouse { settings, _ in settings.replicaLogBytes = 4 * 4_120 }
        var mine = try await house.replica()
        let first = try await house.engine.replicaGeneration(house.call)
        let writer = try LocalWriter(mine.pages)
        for number in 0..<120 { try writer.run("INSERT INTO t(v) VALUES ('n\(number)')") }
        #expect(try await house.sync(writer.frames, &mine, part: 8))
        #expect(try await house.engine.replicaGeneration(house.call) > first)
        #expect(try await house.number("SELECT count(*) FROM t WHERE v LIKE 'n%'") == 120)
        // Its last part again; and somebody else's place is still a conflict.
        let count = Int(writer.frames.frameCount)
        let bookmark = try await house.bookmark()
        let again = try await house.push(writer.frames.frames(count - 1..<count), first, UInt32(count))
        #expect(again == .at(generation: first, frame: UInt32(count), bookmark))
        let late = try await house.push(writer.frames.frames(0..<1), first, 7)
        guard case .conflict = late else {
            Issue.record("\(late)")
            return
        }
        #expect(try await house.bookmark() == bookmark)
        try await house.expectSame([mine])
        try house.house.stop()
    }

    @Test func `Where somebody has written since, a replica that counts on by an older generation is refused`()
        async throws
    {
        let house = try await PushHouse { settings, _ in settings.replicaLogBytes = 4 * 4_120 }
        var mine = try await house.replica()
        let first = mine.generation
        while try await house.engine.replicaGeneration(house.call) == first { try await write(house, &mine, 1) }
        let rest = try house.frames(mine, "INSERT INTO t(v) VALUES ('late')")
        try await house.house.run("INSERT INTO t(v) VALUES ('server')", on: house.tenant)
        guard case .conflict = try await house.push(rest, from: mine) else {
            Issue.record("no conflict")
            return
        }
        #expect(try await house.number("SELECT count(*) FROM t WHERE v = 'late'") == 0)
        try await house.expectSame([mine])
        try house.house.stop()
    }

    @Test func `The rest of a transaction is not put on the end of a generation`() async throws {
        let house = try await PushHouse { settings, _ in settings.replicaLogBytes = 4 * 4_120 }
        var mine = try await house.replica()
        let other = try await house.replica()
        let first = mine.generation
        let large = try house.frames(other, "INSERT INTO t(v) VALUES (randomblob(1000000))")
        // Parts were given each number up to where the generation ends.
        guard case .goOn = try await house.push(large.frames(0..<200), from: other) else {
            Issue.record("nothing is kept")
            return
        }
        while try await house.engine.replicaGeneration(house.call) == first { try await write(house, &mine, 1) }
        let end = Int(mine.frame)
        let bookmark = try await house.bookmark()
        let asked = try await house.push(large.frames(end..<240), first, UInt32(end) + 1)
        #expect(asked == .at(generation: first, frame: UInt32(end) - 1, bookmark))
        let shown = try await house.push(large.frames(end - 1..<240), first, UInt32(end))
        guard case .conflict = shown else {
            Issue.record("\(shown)")
            return
        }
        #expect(try await house.bookmark() == bookmark)
        try await write(house, &mine, 3)
        try await house.expectSame([mine])
        try house.house.stop()
    }

    @Test func `Frames that cannot be put behind the log begin a generation`() async throws {
        let files = FailingFiles()
        let house = try await PushHouse(files: files)
        try await house.house.run("CREATE TABLE u(a)", on: house.tenant)
        var (mine, others) = (try await house.replica(), try await house.replica())
        try await write(house, &mine, 3)
        files.fail(".\(mine.generation).frames")
        // On pages that nothing after it writes again.
        #expect(try await house.sync(try house.frames(mine, "INSERT INTO u VALUES (randomblob(9000))"), &mine))
        #expect(try await house.engine.replicaGeneration(house.call) > mine.generation)
        try await write(house, &mine, 2)
        try house.house.restart()
        try await write(house, &mine, 2)
        #expect(try await house.number("SELECT count(*) FROM t WHERE v = 'x'") == 7)
        #expect(try await house.number("SELECT sum(length(a)) FROM u") == 9_000)
        try await others.sync(house.engine, house.call)
        #expect(others.pages == mine.pages)
        try await house.expectSame([mine, others])
        try house.house.stop()
    }

    @Test func `Where no generation can be begun either, the replica is led past the log`() async throws {
        let files = FailingFiles()
        let house = try await PushHouse(files: files)
        var (mine, others) = (try await house.replica(), try await house.replica())
        let first = mine.generation
        files.fail(".frames", ".new")
        let frames = try house.frames(mine, "INSERT INTO t(v) VALUES ('x')")
        let reply = try await house.push(frames, from: mine)
        #expect(reply == .at(generation: first - 2, frame: frames.frameCount, try await house.bookmark()))
        files.fail()
        mine.take(frames, isOwn: true)
        mine.goTo(first - 2, frames.frameCount)
        try await mine.sync(house.engine, house.call)
        #expect(mine.generation > first)
        #expect(try await house.number("SELECT count(*) FROM t WHERE v = 'x'") == 1)
        try await write(house, &mine, 2)
        try await house.expectSame([mine, others])
        try await others.sync(house.engine, house.call)
        try house.house.stop()
    }

    /// The normal suite takes some calls, with and without the answer in turns; `ROWHOUSE_SWEEP=1` all, with each.
    @Test func `A node may die at any call to the history's files while a generation goes on`() async throws {
        let isWhole = ProcessInfo.processInfo.environment["ROWHOUSE_SWEEP"] != nil
        var (calls, rounds, hasDied) = (1, 0, true)
        while hasDied {
            for isAnswered in isWhole ? [false, true] : [rounds % 2 == 0] {
                hasDied = try await dies(after: calls, isAnswered)
            }
            rounds += 1
            calls += isWhole ? 1 : max(2, calls / 3)
            try #require(calls < 1_000)
        }
        #expect(calls > 30, "a generation was begun")
    }

    /// - Returns: whether the node did so many calls at all.
    private func dies(after calls: Int, _ isAnswered: Bool) async throws -> Bool {
        let files = FailingFiles()
        let house = try await PushHouse(files: files) { settings, _ in settings.replicaLogBytes = 4 * 4_120 }
        var (mine, others) = (try await house.replica(), try await house.replica())
        try await write(house, &mine, 3)
        try await others.sync(house.engine, house.call)
        let first = mine.generation
        let frames = try house.frames(mine, "INSERT INTO t(v) VALUES ('large' || zeroblob(140000))")
        files.die(after: calls, in: "/replicas")
        let reply = try? await house.push(frames, from: mine)
        let isDead = files.revive()
        try house.house.crash()
        if isAnswered, case .at(let generation, let frame, _)? = reply {
            mine.take(frames, isOwn: true)
            mine.goTo(generation, frame)
        } else {
            #expect(try await house.sync(frames, &mine), "call \(calls)")
        }
        #expect(try await house.number("SELECT count(*) FROM t WHERE v LIKE 'large%'") == 1, "call \(calls)")
        // Led past the log it has the tenant once more before it writes.
        if mine.generation != first { try await mine.sync(house.engine, house.call) }
        try await write(house, &mine, 1)
        try await others.sync(house.engine, house.call)
        try await house.expectSame([mine, others])
        try house.house.stop()
        return isDead
    }
}
