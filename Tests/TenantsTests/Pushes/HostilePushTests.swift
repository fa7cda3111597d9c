import Foundation
import Seams
import Synchronization
import Testing
import Vocabulary

@testable import Tenants

/// Frames that no client of ours sends: each is refused with a reason, nothing is changed, and the next good push is taken.
@Suite(.serialized) struct HostilePushTests {
    private func expectRefused(
        _ house: PushHouse, _ what: String, _ push: () async throws -> PushReply, _ isRight: (any Error) -> Bool
    ) async throws {
        let before = try await house.bookmark()
        do {
            let reply = try await push()
            Issue.record("\(what): \(reply)")
        } catch {
            #expect(isRight(error), "\(what): \(error)")
        }
        #expect(try await house.bookmark() == before, "\(what)")
        try await house.expectNothingLeft(what)
    }

    private func expectGood(_ house: PushHouse) async throws {
        var good = try await house.replica()
        #expect(try await house.sync(try house.frames(good, "INSERT INTO t(v) VALUES ('good')"), &good))
        try await house.expectSame([good])
    }

    @Test func `Numbers that cannot be`() async throws {
        let house = try await PushHouse()
        let mine = try await house.replica()
        let frames = try house.frames(mine, "INSERT INTO t(v) VALUES (1)", "INSERT INTO t(v) VALUES (2)")
        let generation = mine.generation
        let pushes: [(String, [UInt8], UInt32, UInt32)] = [
            ("nothing", [], 1, 0), ("to before from", frames, 5, UInt32.max - 2), ("frame 0", frames, 0, 2),
            ("too few", frames, 1, 3), ("too many", frames, 1, 1), ("huge", frames, 1, UInt32.max - 1),
            ("cut off", Array(frames.dropLast()), 1, 2), ("nothing but a header", Array(frames.prefix(24)), 1, 1),
            ("page 0", .frame(0, 1), 1, 1), ("the page of locks", .frame(262_145, 262_146), 1, 1),
            ("a page beyond the end", .frame(9, 2), 1, 1), ("too high", .frame(4_294_967_295, 0), 1, 1),
            ("too large", .frame(1, 4_294_967_295), 1, 1),
        ]
        for (what, bytes, first, count) in pushes {
            try await expectRefused(house, what, { try await house.push(bytes, generation, first, count: count) }) {
                if case PushFailure.malformed = $0 { true } else { false }
            }
        }
        try await expectGood(house)
        try house.house.stop()
    }

    @Test func `A page twice in a commit, but at its end`() async throws {
        let house = try await PushHouse()
        let mine = try await house.replica()
        let pages = UInt32(mine.pages.count)
        let twice = [UInt8].frame(2, 0, mine.pages[1]) + .frame(2, 0, mine.pages[1]) + .frame(1, pages, mine.pages[0])
        try await expectRefused(house, "twice", { try await house.push(twice, from: mine) }) {
            if case PushFailure.malformed = $0 { true } else { false }
        }
        let atEnd = [UInt8].frame(2, 0, mine.pages[1]) + .frame(1, 0, mine.pages[0]) + .frame(2, pages, mine.pages[1])
        guard case .at = try await house.push(atEnd, from: mine) else {
            Issue.record("SQLite does so itself")
            return
        }
        try house.house.stop()
    }

    @Test func `Sizes that lie`() async throws {
        let house = try await PushHouse()
        let mine = try await house.replica()
        let pages = UInt32(mine.pages.count)
        let tooMany = UInt32(16 << 20) / 4096 + pages + 1
        for (size, what) in [(tooMany, "too large"), (4_000_000_000, "far too large")] as [(UInt32, String)] {
            try await expectRefused(house, what, { try await house.push(.frame(1, size, mine.pages[0]), from: mine) }) {
                $0 as? PushFailure == .transactionTooLarge
            }
            // Also where the next commit is small again.
            let both = [UInt8].frame(1, size, mine.pages[0]) + .frame(1, pages, mine.pages[0])
            try await expectRefused(house, what, { try await house.push(both, from: mine) }) {
                $0 as? PushFailure == .transactionTooLarge
            }
        }
        for size in [1, pages - 1, pages + 1, pages + 200] {
            try await expectRefused(
                house, "\(size)", { try await house.push(.frame(1, size, mine.pages[0]), from: mine) }
            ) {
                if case UploadFailure.damaged = $0 { size < pages } else { size > pages && $0 is PushFailure }
            }
        }
        try await expectGood(house)
        try house.house.stop()
    }

    @Test func `Pages that are none`() async throws {
        let house = try await PushHouse()
        try await house.house.run(
            "CREATE TABLE u(a UNIQUE, b); INSERT INTO u SELECT id, hex(randomblob(900)) FROM t", on: house.tenant)
        let mine = try await house.replica()
        let pages = UInt32(mine.pages.count)
        for page in 1...pages {
            for byte in [0, 0x0D, 0x05, 0xFF] as [UInt8] {
                let content = [UInt8](repeating: byte, count: 4096)
                try await expectRefused(
                    house, "page \(page) of \(byte)", { try await house.push(.frame(page, pages, content), from: mine) }
                ) { $0 is UploadFailure }
            }
        }
        // A tree that leads into itself; a table whose pages are another's.
        var loop = mine.pages[Int(pages) - 1]
        (loop[0], loop[3], loop[4], loop[11]) = (5, 0, 0, UInt8(pages))
        try await expectRefused(house, "loop", { try await house.push(.frame(pages, pages, loop), from: mine) }) {
            $0 is UploadFailure
        }
        try await expectGood(house)
        try house.house.stop()
    }

    @Test func `Databases that no tenant may be`() async throws {
        let house = try await PushHouse()
        let mine = try await house.replica()
        let schemas = [
            "CREATE TABLE _rowhouse_x(a)", "CREATE TABLE _RowHouse_idempotency(a)",
            "CREATE TRIGGER _rowhouse_y AFTER INSERT ON t BEGIN SELECT 1; END", "CREATE VIEW _rowhouse_v AS SELECT 1",
            "\(IdempotencyTable.schema())",
            "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema VALUES ('table', 'd', 'd', 0, 'CREATE VIRTUAL TABLE d USING dbstat')",
            "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema VALUES ('table', 'd', 'd', 2, 'CREATE VIRTUAL TABLE d USING sqlite_stmt')",
            "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema VALUES ('table', 'd', 'd', 0, 'CREATE TABLE d(a)')",
            "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema VALUES ('table', 'd', 'd', 2, 'CREATE TABLE _rowhouse_e(a)')",
            "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema VALUES ('table', 'd', 'd', 2, 'CREATE TABLE d(a)')",
            "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema VALUES ('table', 'd', 'd', 900, 'CREATE TABLE d(a)')",
            "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema VALUES ('table', '_rowhouse_f', NULL, 2, NULL)",
            // Values that SQLite takes as texts when it loads a schema, and that compare as something else.
            "\(IdempotencyTable.schema()); PRAGMA writable_schema=ON; \(Self.asBlobs("name, tbl_name"))",
            "CREATE TRIGGER _rowhouse_y AFTER INSERT ON t BEGIN SELECT 1; END; PRAGMA writable_schema=ON; \(Self.asBlobs("name"))",
            "CREATE VIEW _rowhouse_v AS SELECT 1; PRAGMA writable_schema=ON; \(Self.asBlobs("name, tbl_name"))",
            "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema VALUES ('TABLE', 'd', 'd', 0, 'CREATE VIRTUAL TABLE d USING dbstat')",
            "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema VALUES (x'7461626c65', 'd', 'd', 0, 'CREATE VIRTUAL TABLE d USING sqlite_stmt')",
            "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema VALUES ('table', 'd', 'd', '0', CAST('CREATE VIRTUAL TABLE d USING dbstat' AS BLOB))",
            "CREATE TABLE e(a); PRAGMA writable_schema=ON; UPDATE sqlite_schema SET type = 'TABLE' WHERE name = 'e'",
            "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'DROP TABLE t'",
            "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = sql || char(0) || 'x'",
            "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = printf('CREATE TABLE t(%.*c)', 3000000, 'a')",
        ]
        for sql in schemas {
            let frames = try house.frames(mine, sql)
            try await expectRefused(house, sql, { try await house.push(frames, from: mine) }) { $0 is UploadFailure }
        }
        for (offset, value) in [(16, 2), (20, 1), (18, 3), (21, 63), (47, 9), (59, 2), (0, 9)] as [(Int, UInt8)] {
            var first = mine.pages[0]
            first[offset] = value
            let frame = [UInt8].frame(1, UInt32(mine.pages.count), first)
            try await expectRefused(house, "byte \(offset)", { try await house.push(frame, from: mine) }) {
                $0 is UploadFailure
            }
        }
        try await expectGood(house)
        try house.house.stop()
    }

    @Test func `What no tenant may have is looked for before SQLite looks into it`() async throws {
        let house = try await PushHouse()
        let mine = try await house.replica()
        // With it a page that belongs to nothing, which `integrity_check` finds.
        let frames = try house.frames(
            mine, "CREATE TABLE _rowhouse_x(a)", "CREATE TABLE e(a)",
            "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE name = 'e'")
        try await expectRefused(house, "a name of ours", { try await house.push(frames, from: mine) }) {
            if case .refused? = $0 as? UploadFailure { true } else { false }
        }
        try house.house.stop()
    }

    private static func asBlobs(_ columns: String) -> String {
        let changes = columns.split(separator: ", ").map { "\($0) = CAST(\($0) AS BLOB)" }.joined(separator: ", ")
        return "UPDATE sqlite_schema SET \(changes) WHERE name LIKE '\\_rowhouse\\_%' ESCAPE '\\'"
    }

    @Test func `Triggers and views are carried, and do not run before somebody uses them`() async throws {
        let house = try await PushHouse()
        var mine = try await house.replica()
        let frames = try house.frames(
            mine,
            "CREATE VIEW w AS SELECT load_extension('x') AS a; CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT load_extension('y'); END"
        )
        #expect(try await house.sync(frames, &mine))
        #expect(try await house.number("SELECT count(*) FROM t") == 1)
        for sql in ["SELECT * FROM w", "INSERT INTO t(v) VALUES (1)"] {
            await #expect(throws: (any Error).self) { try await house.house.run(sql, on: house.tenant) }
        }
        try house.house.stop()
    }

    @Test func `More than there is room for`() async throws {
        let house = try await PushHouse { settings, _ in
            settings.pushBytes = 300_000
            settings.databasePages = 60
        }
        var mine = try await house.replica()
        let large = try house.frames(mine, "INSERT INTO t(v) VALUES (randomblob(400000))")
        try await expectRefused(house, "push", { try await house.push(large, from: mine) }) {
            $0 as? PushFailure == .tooLarge
        }
        guard case .goOn(let baton) = try await house.push(large.frames(0..<50), from: mine) else {
            Issue.record("nothing is kept")
            return
        }
        try await expectRefused(
            house, "parts", { try await house.push(large.frames(50..<90), mine.generation, 51, baton: baton) }
        ) { $0 as? PushFailure == .tooLarge }
        #expect(house.engine.pushes.usage.count == 0)
        let grown = try house.frames(mine, "INSERT INTO t(v) VALUES (randomblob(250000))")
        try await expectRefused(house, "quota", { try await house.push(grown, from: mine) }) {
            $0 as? UploadFailure == .quotaExceeded
        }
        #expect(try await house.sync(try house.frames(mine, "INSERT INTO t(v) VALUES (randomblob(50000))"), &mine))
        try house.house.stop()
    }

    @Test func `Pages that a database grows by are all sent`() async throws {
        let house = try await PushHouse()
        try await house.house.run("CREATE TABLE u(a); INSERT INTO u VALUES (zeroblob(9000))", on: house.tenant)
        var mine = try await house.replica()
        // A commit that cuts pages off, and one that has the same number again and leaves them out.
        let writer = try LocalWriter(mine.pages)
        try writer.run("DROP TABLE u; VACUUM")
        let cut = writer.frames
        try writer.run("CREATE TABLE u(a); INSERT INTO u VALUES (zeroblob(9000))")
        let both = writer.frames
        let last = Int(both.frameCount) - 1
        let (from, pages) = (Int(cut.frameCount), both.size(ofFrame: last))
        let grown = try #require((from..<last).first { both.page(ofFrame: $0) == pages - 1 })
        let hole = both.frames(0..<grown) + both.frames(grown + 1..<last + 1)
        try await expectRefused(house, "hole", { try await house.push(hole, from: mine) }) {
            if case PushFailure.malformed = $0 { true } else { false }
        }
        #expect(try await house.sync(both, &mine))
        try await house.expectSame([mine])
        try house.house.stop()
    }

    @Test func `A page far beyond the end of its commit is nowhere`() async throws {
        let files = FailingFiles()
        let house = try await PushHouse(files: files)
        let mine = try await house.replica()
        let writer = try LocalWriter(mine.pages)
        try writer.run("INSERT INTO t(v) VALUES ('far')")
        let good = writer.frames
        // SQLite may write pages that it cuts off before the commit's end.
        let far = [UInt8].frame(4_294_967_294, 0) + good
        guard case .at = try await house.push(far, from: mine) else {
            Issue.record("not taken")
            return
        }
        try writer.run("INSERT INTO t(v) VALUES ('more')")
        let more = writer.frames.frames(Int(good.frameCount)..<Int(writer.frames.frameCount))
        guard case .at = try await house.push(more, mine.generation, far.frameCount + 1) else {
            Issue.record("not taken")
            return
        }
        #expect(try await house.number("SELECT count(*) FROM t WHERE v IN ('far', 'more')") == 2)
        #expect(files.largestEnd < 1 << 30)
        try house.house.stop()
    }

    @Test func `A tenant above a bound that is newer may become smaller`() async throws {
        let bound = Mutex<UInt32>(0)
        let house = try await PushHouse { settings, _ in settings.databasePages = bound.withLock { $0 } }
        try await house.house.run("INSERT INTO t(v) VALUES (zeroblob(200000))", on: house.tenant)
        var mine = try await house.replica()
        bound.withLock { $0 = 20 }
        try house.house.restart()
        #expect(try await house.sync(try house.frames(mine, "INSERT INTO t(v) VALUES (1)"), &mine))
        #expect(try await house.sync(try house.frames(mine, "DELETE FROM t WHERE length(v) > 9"), &mine))
        let large = try house.frames(mine, "INSERT INTO t(v) VALUES (zeroblob(900000))")
        var larger = mine
        await #expect(throws: UploadFailure.quotaExceeded) { try await house.sync(large, &larger, part: 1_000) }
        #expect(try await house.sync(try house.frames(mine, "VACUUM"), &mine))
        #expect(mine.pages.count < 20)
        try house.house.stop()
    }
}
