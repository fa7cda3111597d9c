import Foundation
import Seams
import Testing
import Vocabulary

@testable import Tenants

/// Replicas that come with numbers and batons from before something happened.
@Suite(.serialized) struct PushDoubtTests {
    @Test func `The rest of a transaction is not put on what somebody else has written`() async throws {
        let house = try await PushHouse()
        let mine = try await house.replica()
        var others = try await house.replica()
        let theirs = try house.frames(others, "INSERT INTO t(v) VALUES (randomblob(40000))")
        let part = Int(theirs.frameCount)
        let frames = try house.frames(mine, "INSERT INTO t(v) VALUES (randomblob(200000))")
        let whole = Int(frames.frameCount)
        guard case .goOn(let baton) = try await house.push(frames.frames(0..<part), from: mine) else {
            Issue.record("nothing is kept")
            return
        }
        #expect(try await house.sync(theirs, &others))
        let bookmark = try await house.bookmark()
        // The client remembers the number, and not always the baton.
        let (rest, next) = (frames.frames(part..<whole), UInt32(part) + 1)
        let asked = PushReply.at(generation: mine.generation, frame: UInt32(part) - 1, bookmark)
        #expect(try await house.push(rest, mine.generation, next) == asked)
        let shown = try await house.push(frames.frames(part - 1..<whole), mine.generation, UInt32(part))
        #expect(shown == .conflict(generation: mine.generation, frame: UInt32(part), bookmark))
        // Nor with a baton that nobody knows; with the right one it is late.
        let unknown = PushReply.at(generation: mine.generation, frame: 0, bookmark)
        #expect(try await house.push(rest, mine.generation, next, baton: "x") == unknown)
        let late = try await house.push(rest, mine.generation, next, baton: baton)
        #expect(late == .conflict(generation: mine.generation, frame: UInt32(part), bookmark))
        try house.house.restart()
        #expect(try await house.push(rest, mine.generation, next) == asked, "it is not forgotten")
        #expect(try await house.bookmark() == bookmark)
        // Who stands on the log's last frame shows it, and is taken.
        #expect(try await house.sync(try house.frames(others, "INSERT INTO t(v) VALUES ('next')"), &others))
        try await house.expectSame([others])
        try house.house.stop()
    }

    @Test func `After a restart nobody is asked for frames for nothing`() async throws {
        let house = try await PushHouse()
        var mine = try await house.replica()
        for number in 0..<3 {
            let frames = try house.frames(mine, "INSERT INTO t(v) VALUES (\(number))")
            let reply = try await house.push(frames, from: mine)
            let end = mine.frame + frames.frameCount
            #expect(reply == .at(generation: mine.generation, frame: end, try await house.bookmark()))
            mine.take(frames, isOwn: true)
            try house.house.restart()
        }
        try await house.expectSame([mine])
        try house.house.stop()
    }

    @Test func `A baton that is not known any more leads back to what the tenant remembers`() async throws {
        let house = try await PushHouse()
        var mine = try await house.replica()
        #expect(try await house.sync(try house.frames(mine, "INSERT INTO t(v) VALUES (1)"), &mine))
        let frames = try house.frames(mine, "INSERT INTO t(v) VALUES (randomblob(100000))")
        _ = try await house.push(frames, from: mine)
        let bookmark = try await house.bookmark()
        // The answer is lost, and the history goes.
        #expect(try await house.engine.replicas.forgetIfFree(house.tenant))
        guard case .goOn(let baton) = try await house.push(frames.frames(0..<10), from: mine) else {
            Issue.record("nothing is kept")
            return
        }
        try house.house.restart()
        let next = frames.frames(10..<20)
        let reply = try await house.push(next, mine.generation, mine.frame + 11, baton: baton)
        guard case .at(mine.generation, mine.frame, _) = reply else {
            Issue.record("\(reply)")
            return
        }
        #expect(try await house.sync(frames, &mine, part: 10))
        #expect(try await house.bookmark() == bookmark)
        try await house.expectSame([mine])
        try house.house.stop()
    }

    @Test func `A history does not end because others' files are slow`() async throws {
        let house = try await PushHouse()
        var mine = try await house.replica()
        let frames = try house.frames(mine, "INSERT INTO t(v) VALUES ('slow')")
        // Longer than the desk waits for one piece of work.
        let worker = house.engine.replicas.worker
        let long = Task { try? await worker.run { () throws(TenantsError) in Thread.sleep(forTimeInterval: 5.7) } }
        try await Task.sleep(for: .milliseconds(100))
        let slow = [long] + (0..<64).map { _ in Task { try? await worker.run { () throws(TenantsError) in } } }
        try await Task.sleep(for: .milliseconds(100))
        #expect(try await house.sync(frames, &mine))
        #expect(try await house.engine.replicaGeneration(house.call) == mine.generation)
        for task in slow { await task.value }
        try await house.expectSame([mine])
        try house.house.stop()
    }

    @Test func `A history that stayed open while its tenant was elsewhere is looked at again`() async throws {
        let house = try await PushHouse()
        let mine = try await house.replica()
        try await house.engine.replicas.withTurn(of: house.tenant) { entry in
            let ledger = try await house.engine.ledger(entry, house.call)
            // As it would be if the tenant had come back under another epoch since.
            let bookmark = Bookmark(epoch: Epoch(7), txid: TxID(9))
            let history = ReplicaHistory(generation: mine.generation, basePages: ledger.history.basePages, at: bookmark)
            let header = ReplicaLogHeader(
                generation: mine.generation, basePages: history.basePages, bookmark: bookmark, baseSum: 0)
            entry.hold(
                ReplicaLedger(
                    tenant: house.tenant, base: ledger.base, log: ledger.log, header: header, history: history,
                    chain: ledger.chain, hashes: ledger.hashes))
            house.engine.replicas.drop(house.tenant)
            let next = try await house.engine.ledger(entry, house.call)
            #expect(next.history.epoch == ledger.history.epoch && next.history.generation > mine.generation)
            #expect(!house.engine.replicas.isDropped(house.tenant))
        }
        try house.house.stop()
    }
}
