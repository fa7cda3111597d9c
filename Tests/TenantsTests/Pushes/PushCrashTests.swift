import Foundation
import Journal
import Seams
import Simulator
import Testing
import Vocabulary

@testable import Tenants

/// What is found after a crash between the tenant's commit and the history's, and after whatever else comes between.
@Suite(.serialized) struct PushCrashTests {
    /// The tenant has taken the push, and the history's files are those from before.
    private func losing(
        _ house: PushHouse, _ frames: [UInt8], from replica: ModelReplica
    ) async throws {
        let folder = house.engine.replicas.folder
        let path = folder.frames(house.tenant, replica.generation)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        _ = try await house.push(frames, from: replica)
        house.engine.abandon()
        try before.write(to: URL(fileURLWithPath: path))
        try house.house.startAgain()
    }

    @Test func `A push that the tenant has and its history has not is taken when it comes again`() async throws {
        let house = try await PushHouse()
        var mine = try await house.replica()
        let writer = try LocalWriter(mine.pages)
        try writer.run("INSERT INTO t(v) VALUES ('once')")
        try await losing(house, writer.frames, from: mine)
        let bookmark = try await house.bookmark()
        try writer.run("INSERT INTO t(v) VALUES ('more')")
        #expect(try await house.sync(writer.frames, &mine))
        #expect(try await house.number("SELECT count(*) FROM t WHERE v IN ('once', 'more')") == 2)
        #expect(try await house.bookmark().txid == bookmark.txid.next)
        try await house.expectSame([mine])
        try house.house.stop()
    }

    @Test func `The same where others have pulled meanwhile: its replica gets the tenant once more`() async throws {
        let house = try await PushHouse()
        var (mine, others) = (try await house.replica(), try await house.replica())
        let frames = try house.frames(mine, "INSERT INTO t(v) VALUES ('once')")
        try await losing(house, frames, from: mine)
        try await house.house.run("INSERT INTO t(v) VALUES ('server')", on: house.tenant)
        try await others.sync(house.engine, house.call)
        let bookmark = try await house.bookmark()
        #expect(try await house.sync(frames, &mine))
        #expect(try await house.bookmark() == bookmark && mine.generation < others.generation)
        try await mine.sync(house.engine, house.call)
        #expect(mine.generation == others.generation)
        #expect(try await house.number("SELECT count(*) FROM t WHERE v = 'once'") == 1)
        try await house.expectSame([mine, others])
        try house.house.stop()
    }

    @Test func `What goes on with such a push, where others wrote, is refused`() async throws {
        let house = try await PushHouse()
        let mine = try await house.replica()
        let writer = try LocalWriter(mine.pages)
        try writer.run("INSERT INTO t(v) VALUES ('once')")
        try await losing(house, writer.frames, from: mine)
        try await house.house.run("INSERT INTO t(v) VALUES ('server')", on: house.tenant)
        try writer.run("INSERT INTO t(v) VALUES ('more')")
        guard case .conflict = try await house.push(writer.frames, from: mine) else {
            Issue.record("no conflict")
            return
        }
        #expect(try await house.number("SELECT count(*) FROM t WHERE v IN ('once', 'more')") == 1)
        try house.house.stop()
    }

    @Test func `Without its history a push that was taken is known, and any other is refused`() async throws {
        let house = try await PushHouse()
        var (mine, others) = (try await house.replica(), try await house.replica())
        let frames = try house.frames(mine, "INSERT INTO t(v) VALUES ('once')")
        let other = try house.frames(others, "INSERT INTO t(v) VALUES ('other')")
        _ = try await house.push(frames, from: mine)
        #expect(try await house.engine.replicas.forgetIfFree(house.tenant))
        guard case .conflict = try await house.push(other, from: others) else {
            Issue.record("no conflict")
            return
        }
        #expect(try await house.sync(frames, &mine))
        #expect(try await house.number("SELECT count(*) FROM t") == 2)
        try await house.expectSame([mine, others])
        try house.house.stop()
    }

    @Test func `The same after VACUUM`() async throws {
        let house = try await PushHouse()
        var (mine, others) = (try await house.replica(), try await house.replica())
        let frames = try house.frames(mine, "INSERT INTO t(v) VALUES ('once')")
        _ = try await house.push(frames, from: mine)
        #expect(try await house.engine.replicas.forgetIfFree(house.tenant))
        let before = house.engine.facts(of: house.tenant)?.generation
        let outcome = await house.engine.vacuum(house.tenant)
        #expect(outcome?.failure == nil && house.engine.facts(of: house.tenant)?.generation != before)
        #expect(try await house.sync(frames, &mine))
        #expect(try await house.number("SELECT count(*) FROM t WHERE v = 'once'") == 1)
        try house.house.restart()
        try await house.expectSame([mine, others])
        // A mark is no tenant's that is copied.
        try await others.sync(house.engine, house.call)
        #expect(Array(others.pages[0][72..<92]) == [UInt8](repeating: 0, count: 20))
        try house.house.stop()
    }

    @Test func `A history that is damaged on the disk does not become the tenant`() async throws {
        let house = try await PushHouse()
        let (mine, others) = (try await house.replica(), try await house.replica())
        let path = house.engine.replicas.folder.base(house.tenant, mine.generation)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count - 100] ^= 1
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.write(contentsOf: bytes)
        try file.close()
        let frames = try house.frames(mine, "CREATE TABLE u(a)")
        await #expect(throws: PushFailure.historyDamaged(page: UInt32(mine.pages.count))) {
            try await house.push(frames, from: mine)
        }
        guard case .conflict = try await house.push(frames, from: mine) else {
            Issue.record("no conflict")
            return
        }
        try await house.expectSame([others])
        try house.house.stop()
    }

    @Test func `The same for a tenant that nobody had written to, and the history is believed again`() async throws {
        let house = try await PushHouse(isWritten: false)
        var mine = try await house.replica()
        let (first, writer) = (mine.generation, try LocalWriter(mine.pages))
        try writer.run("INSERT INTO t(v) VALUES ('once')")
        try await losing(house, writer.frames, from: mine)
        try await house.house.run("CREATE TABLE u(a)", on: house.tenant)
        #expect(try await house.sync(writer.frames, &mine))
        try house.house.restart()
        try await mine.sync(house.engine, house.call)
        #expect(mine.generation == first)
        try await house.expectSame([mine])
        try house.house.stop()
    }

    @Test(arguments: [false, true])
    func `What an attempt left behind the log is cut off`(byNext: Bool) async throws {
        let house = try await PushHouse()
        var mine = try await house.replica()
        let first = mine.generation
        let path = house.engine.replicas.folder.frames(house.tenant, first)
        func leaveSome() throws {
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            try file.seekToEnd()
            try file.write(contentsOf: Data(repeating: 7, count: 30_000))
            try file.close()
        }
        if byNext {
            try leaveSome()
            #expect(try await house.sync(try house.frames(mine, "INSERT INTO t(v) VALUES (1)"), &mine))
            try leaveSome()
            try await house.house.run("INSERT INTO t(v) VALUES (2)", on: house.tenant)
            try await mine.sync(house.engine, house.call)
        } else {
            await #expect(throws: TenantsError.self) {
                try await house.engine.replicas.withTurn(of: house.tenant) { entry in
                    let ledger = try await house.engine.ledger(entry, house.call)
                    try await house.engine.append(entry, ledger) {
                        try leaveSome()
                        throw TenantsError.busy(queue: "anything")
                    }
                }
            }
        }
        try house.house.restart()
        #expect(try await house.engine.replicaGeneration(house.call) == first)
        try await house.expectSame([mine])
        try house.house.stop()
    }

    @Test func `A generation that never was is refused`() async throws {
        let house = try await PushHouse()
        let mine = try await house.replica()
        let frames = try house.frames(mine, "INSERT INTO t(v) VALUES (1)")
        #expect(try await house.push(frames, mine.generation + 2, 1) == .startAgain)
        try house.house.stop()
    }

    /// Two replicas, a server that is written to, restarts and crashes: what was acknowledged is there, once, and what was refused
    /// is not.
    @Test(arguments: [1, 2] as [UInt64])
    func `Whatever comes between, what was acknowledged is there once`(seed: UInt64) async throws {
        let random = SeededRandom(seed: seed)
        let house = try await PushHouse { settings, _ in settings.replicaLogBytes = 400_000 }
        var replicas = [try await house.replica(), try await house.replica()]
        var (taken, refused): (Set<String>, Set<String>) = ([], [])
        for step in 0..<25 {
            let chosen = Int(random.next() % 2)
            switch random.next() % 8 {
            case 0: try house.house.restart()
            case 1: try house.house.crash()
            case 2: try await house.house.run("UPDATE t SET v = v WHERE id = 1", on: house.tenant)
            case 3: try await house.house.run("CREATE TABLE x\(step)(a)", on: house.tenant)
            case 4: try await replicas[chosen].sync(house.engine, house.call)
            default:
                if random.next() % 3 > 0 { try await replicas[chosen].sync(house.engine, house.call) }
                let size = random.next() % 60_000
                let frames = try house.frames(
                    replicas[chosen], "INSERT INTO t(v) VALUES ('p\(step)')",
                    "INSERT INTO t(v) VALUES (randomblob(\(size)))")
                if random.next() % 4 == 0 { _ = try await house.push(frames, from: replicas[chosen]) }
                let isTaken = try await house.sync(frames, &replicas[chosen], part: Int(random.next() % 20) + 1)
                if isTaken { taken.insert("p\(step)") } else { refused.insert("p\(step)") }
            }
        }
        #expect(taken.count > 1)
        for name in taken {
            #expect(try await house.number("SELECT count(*) FROM t WHERE v = '\(name)'") == 1, "\(name)")
        }
        for name in refused {
            #expect(try await house.number("SELECT count(*) FROM t WHERE v = '\(name)'") == 0, "\(name)")
        }
        try await house.expectSame(replicas)
        try house.house.stop()
    }

    @Test func `Where the journal has no room for a moment a push waits with its copy`() async throws {
        let house = try await PushHouse { _, options in options.bufferBytes = 1 << 20 }
        var mine = try await house.replica()
        let frames = try house.frames(mine, "INSERT INTO t(v) VALUES ('x')")
        let journal = house.engine.journal
        var held = 0
        while (try? journal.reserve(4_096)) != nil { held += 1 }
        let replica = mine
        async let push = house.push(frames, from: replica)
        for _ in 0..<2_500 where try CompactionTests.files(house.house).count < 2 {
            try await Task.sleep(for: .milliseconds(2))
        }
        try await Task.sleep(for: .milliseconds(100))
        for _ in 0..<held { journal.release(4_096) }
        guard case .at(mine.generation, frames.frameCount, _) = try await push else {
            Issue.record("not taken")
            return
        }
        mine.take(frames, isOwn: true)
        #expect(try await house.number("SELECT count(*) FROM t WHERE v = 'x'") == 1)
        try await house.expectSame([mine])
        try house.house.stop()
    }
}
