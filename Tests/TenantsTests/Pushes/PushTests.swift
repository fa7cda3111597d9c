import Foundation
import SQLiteKit
import Seams
import Testing
import Vocabulary

@testable import Tenants

/// Pushes of a model of the native client to a real tenant in a real folder.
@Suite(.serialized) struct PushTests {
    @Test func `What was written offline becomes one commit of the tenant, and reaches the others`() async throws {
        let house = try await PushHouse()
        var (mine, others) = (try await house.replica(), try await house.replica())
        let before = try await house.bookmark()
        let frames = try house.frames(
            mine, "INSERT INTO t(v) VALUES ('off')", "CREATE TABLE u(a UNIQUE); INSERT INTO u VALUES (1), (2)")
        #expect(try await house.sync(frames, &mine))
        let after = try await house.bookmark()
        #expect(after.txid == before.txid.next && after.epoch == before.epoch)
        #expect(try await house.number("SELECT count(*) FROM t WHERE v = 'off'") == 1)
        #expect(try await house.number("SELECT sum(a) FROM u") == 3)
        #expect(mine.frame == frames.frameCount)
        try await mine.sync(house.engine, house.call)
        #expect(mine.frame == frames.frameCount, "it has everything")
        try await others.sync(house.engine, house.call)
        #expect(others.pages == mine.pages, "the others get what was pushed")
        try await house.expectSame([mine, others])
        // Another, on what that is now.
        try await mine.sync(house.engine, house.call)
        #expect(try await house.sync(try house.frames(mine, "DELETE FROM t; DROP TABLE u"), &mine))
        try await house.expectSame([mine, others, try await house.replica()])
        #expect(house.engine.pushCount == 2)
        try house.house.stop()
    }

    @Test func `The same push again does nothing, and one that goes on with it does the rest`() async throws {
        let house = try await PushHouse()
        var mine = try await house.replica()
        let writer = try LocalWriter(mine.pages)
        try writer.run("INSERT INTO t(v) VALUES ('one')")
        let one = writer.frames
        let first = try await house.push(one, from: mine)
        let bookmark = try await house.bookmark()
        #expect(try await house.push(one, from: mine) == first)
        #expect(try await house.bookmark() == bookmark)
        try writer.run("INSERT INTO t(v) VALUES ('two')")
        let both = writer.frames
        #expect(both.starts(with: one))
        #expect(try await house.sync(both, &mine))
        #expect(try await house.number("SELECT count(*) FROM t WHERE v IN ('one', 'two')") == 2)
        #expect(try await house.bookmark().txid == bookmark.txid.next)
        // Others have written since: what was taken stays taken.
        try await house.house.run("INSERT INTO t(v) VALUES ('server')", on: house.tenant)
        var other = try await house.replica()
        try await other.sync(house.engine, house.call)
        #expect(
            try await house.push(one, other.generation, 1)
                == .at(generation: other.generation, frame: 1, try await house.bookmark()))
        try await house.expectSame([mine, other])
        try house.house.stop()
    }

    @Test func `Where somebody has written since, nothing is done`() async throws {
        let house = try await PushHouse()
        var (mine, others) = (try await house.replica(), try await house.replica())
        let (a, b) = (
            try house.frames(mine, "INSERT INTO t(v) VALUES ('mine')"),
            try house.frames(others, "INSERT INTO t(v) VALUES ('others')")
        )
        #expect(try await house.sync(a, &mine))
        let bookmark = try await house.bookmark()
        let refused = try await house.push(b, from: others)
        #expect(refused == .conflict(generation: mine.generation, frame: mine.frame, bookmark))
        try await house.house.run("UPDATE t SET v = 'server' WHERE v = 'mine'", on: house.tenant)
        let late = try house.frames(mine, "INSERT INTO t(v) VALUES ('late')")
        guard case .conflict(_, let frame, _) = try await house.push(late, from: mine) else {
            Issue.record("no conflict")
            return
        }
        #expect(frame > mine.frame)
        #expect(try await house.number("SELECT count(*) FROM t WHERE v IN ('others', 'late')") == 0)
        try await house.expectSame([mine, others])
        try house.house.stop()
    }

    @Test func `Of replicas that push at once one is taken`() async throws {
        let house = try await PushHouse()
        let replica = try await house.replica()
        let pushes = try (0..<8).map { try house.frames(replica, "INSERT INTO t(v) VALUES ('racer \($0)')") }
        let replies = try await withThrowingTaskGroup(of: PushReply.self) { group in
            for frames in pushes { group.addTask { try await house.push(frames, from: replica) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let conflicts = replies.filter { if case .conflict = $0 { true } else { false } }
        #expect(conflicts.count == 7)
        #expect(try await house.number("SELECT count(*) FROM t WHERE v LIKE 'racer%'") == 1)
        try house.house.stop()
    }

    @Test func `A transaction comes in parts, and counts with the last`() async throws {
        let house = try await PushHouse()
        var mine = try await house.replica()
        let frames = try house.frames(
            mine, "INSERT INTO t(v) VALUES ('small')", "INSERT INTO t(v) VALUES (randomblob(200000))")
        #expect(frames.frameCount > 40)
        guard case .goOn(let baton) = try await house.push(frames.frames(0..<10), from: mine) else {
            Issue.record("nothing is kept")
            return
        }
        #expect(try await house.number("SELECT count(*) FROM t") == 1)
        #expect(house.engine.pushes.usage.count == 1)
        // Another's baton, another place: nothing goes on with it.
        let wrong = try await house.push(frames.frames(11..<20), mine.generation, 12, baton: baton)
        #expect(wrong == .at(generation: mine.generation, frame: 0, try await house.bookmark()))
        let rest = try await house.push(frames.frames(10..<Int(frames.frameCount)), mine.generation, 11, baton: baton)
        #expect(rest == .at(generation: mine.generation, frame: frames.frameCount, try await house.bookmark()))
        #expect(try await house.number("SELECT count(*) FROM t") == 3)
        #expect(house.engine.pushes.usage.count == 0)
        #expect(try await house.sync(frames, &mine, part: 7), "all of it again, in other parts")
        #expect(try await house.number("SELECT count(*) FROM t") == 3)
        try await house.expectSame([mine])
        try house.house.stop()
    }

    @Test func `Parts whose rest does not come are let go of, and are asked for again`() async throws {
        let house = try await PushHouse()
        var mine = try await house.replica()
        let frames = try house.frames(mine, "INSERT INTO t(v) VALUES (randomblob(100000))")
        guard case .goOn(let baton) = try await house.push(frames.frames(0..<10), from: mine) else {
            Issue.record("nothing is kept")
            return
        }
        try house.house.restart()
        let lost = try await house.push(frames.frames(10..<20), mine.generation, 11, baton: baton)
        #expect(lost == .at(generation: mine.generation, frame: 0, try await house.bookmark()))
        #expect(try await house.sync(frames, &mine, part: 9))
        try await house.expectSame([mine])
        let left = try FileManager.default.contentsOfDirectory(atPath: house.house.directory + "/tmp")
        #expect(left.isEmpty, "\(left)")
        try house.house.stop()
    }

    @Test func `Answers under idempotency keys stay given`() async throws {
        let house = try await PushHouse()
        try await house.house.run(
            IdempotencyTable.schema() + ";INSERT INTO _rowhouse_idempotency VALUES (1, 'k', 5, x'01', x'02')",
            on: house.tenant)
        var mine = try await house.replica()
        for round in 0..<3 {
            let frames = try house.frames(mine, "INSERT INTO t(v) VALUES (randomblob(20000))")
            #expect(try await house.sync(frames, &mine))
            #expect(try await house.number("SELECT count(*) FROM _rowhouse_idempotency WHERE key = 'k'") == 1)
            try await mine.sync(house.engine, house.call)
            if round == 1 { try house.house.restart() }
        }
        try await house.expectSame([mine])
        try house.house.stop()
    }

    @Test func `Connections stay, with what callers made on them, and see the new schema`() async throws {
        let house = try await PushHouse()
        var mine = try await house.replica()
        let stream = try await house.engine.perform(on: house.tenant) { database -> UInt64 in
            let stream = try database.openStream(principal: 1)
            let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
            for sql in ["CREATE TEMP TABLE kept(a)", "INSERT INTO kept VALUES (7)", "SELECT * FROM t"] {
                let running = try session.start(sql)
                while try running.step() {}
                _ = running.finish()
            }
            database.leave(stream)
            return stream.id
        }
        let frames = try house.frames(
            mine, "ALTER TABLE t ADD COLUMN w DEFAULT 5; CREATE TABLE u(a); INSERT INTO u VALUES (3)")
        #expect(try await house.sync(frames, &mine))
        let sum = try await house.engine.perform(on: house.tenant) { database -> Int64 in
            let stream = try #require(database.streams.all.first { $0.id == stream })
            let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
            let running = try session.start(
                "SELECT (SELECT a FROM kept) * 100 + (SELECT a FROM u) * 10 + (SELECT w FROM t)")
            _ = try running.step()
            let value = running.statement.integer(0)
            _ = running.finish()
            return value
        }
        #expect(sum == 735)
        try house.house.stop()
    }

    @Test func `What the server keeps in the first page leaves the house with no copy`() async throws {
        let house = try await PushHouse()
        var mine = try await house.replica()
        #expect(try await house.sync(try house.frames(mine, "INSERT INTO t(v) VALUES (1)"), &mine))
        let mark = try await house.engine.perform(on: house.tenant) { PushBase($0).mark }
        #expect(mark?.first == 1 && mark?.count == mine.frame)
        guard case .made(let copy) = try await house.engine.snapshot(house.tenant, deadline: house.call.deadline) else {
            Issue.record("no copy")
            return
        }
        #expect(try copy.readNow(20, at: 72) == [UInt8](repeating: 0, count: 20))
        try await house.house.run("INSERT INTO t(v) VALUES (2)", on: house.tenant)
        try await mine.sync(house.engine, house.call)
        #expect(Array(mine.pages[0][72..<92]) == [UInt8](repeating: 0, count: 20))
        #expect(try await house.engine.perform(on: house.tenant) { PushBase($0).mark } == mark, "commits keep it")
        try house.house.stop()
    }

    @Test(arguments: [false, true])
    func `A replica that is killed inside of somebody's push goes on from there`(restarts: Bool) async throws {
        let house = try await PushHouse()
        var (mine, killed) = (try await house.replica(), try await house.replica())
        try await house.house.run("INSERT INTO t(v) VALUES ('before')", on: house.tenant)
        try await mine.sync(house.engine, house.call)
        try await killed.sync(house.engine, house.call)
        let frames = try house.frames(
            mine, "INSERT INTO t(v) VALUES ('one')", "CREATE TABLE u(a); INSERT INTO u VALUES (zeroblob(9000))",
            "INSERT INTO t(v) VALUES ('three')")
        #expect(try await house.sync(frames, &mine))
        let position = ReplicaPosition(generation: killed.generation, from: killed.frame + 1, to: killed.frame + 129)
        guard case .frames(let content) = try await house.engine.replicaPull(position, house.call) else {
            Issue.record("nothing is given")
            return
        }
        // A client makes each commit durable by itself.
        killed.takeOne(try await ModelReplica.all(content))
        #expect(killed.frame < mine.frame)
        if restarts { try house.house.restart() }
        try await killed.sync(house.engine, house.call)
        #expect(killed.frame == mine.frame && killed.pages == mine.pages)
        // One of its own that was killed there asks whether that is taken, and pulls the rest.
        let first = frames.frames(0..<1)
        #expect(
            try await house.push(first, mine.generation, position.from)
                == .at(generation: mine.generation, frame: position.from, try await house.bookmark()))
        try await house.expectSame([mine, killed])
        try house.house.stop()
    }
}
