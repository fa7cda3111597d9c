import Seams
import Testing
import Vocabulary

@testable import Tenants

/// Parts of pushes that wait for their end, and places that replicas have shown.
@Suite(.serialized) struct PushShelfTests {
    @Test func `Parts whose end never comes have a bound in number, bytes and time`() async throws {
        let house = try await PushHouse()
        let shelf = PushShelf(PushShelf.Bounds(count: 2, bytes: 5 * 4_120, time: 10))
        func part(_ frames: Int64) async throws -> PushedFile {
            let upload = try await house.engine.beginUpload(of: house.tenant, length: frames * 4_120)
            try await upload.append([UInt8](repeating: 0, count: Int(frames) * 4_120))
            return PushedFile(upload: upload, generation: 8, first: 1)
        }
        let now = SystemTime().monotonic()
        #expect(shelf.keep(try await part(2), as: "a", of: 1, now: now))
        #expect(!shelf.keep(try await part(4), as: "b", of: 1, now: now), "too many bytes")
        #expect(shelf.keep(try await part(3), as: "b", of: 1, now: now))
        #expect(!shelf.keep(try await part(0), as: "c", of: 1, now: now), "too many")
        let position = ReplicaPosition(generation: 8, from: 3, to: 4)
        #expect(shelf.take("a", of: house.tenant, 2, position) == nil, "another's")
        #expect(shelf.take("a", of: TenantID(7), 1, position) == nil, "another tenant's")
        #expect(shelf.take("a", of: house.tenant, 1, ReplicaPosition(generation: 8, from: 4, to: 5)) == nil)
        #expect(shelf.take("a", of: house.tenant, 1, ReplicaPosition(generation: 6, from: 3, to: 4)) == nil)
        #expect(taken(shelf.take("a", of: house.tenant, 1, position))?.count == 2)
        #expect(shelf.take("a", of: house.tenant, 1, position) == nil, "once")
        #expect(
            shelf.keep(try await part(2), as: "d", of: 1, now: now.advanced(byNanoseconds: 10)), "the old one is gone")
        #expect(shelf.usage == (1, 2 * 4_120))
        shelf.expire(now: now.advanced(byNanoseconds: 20))
        #expect(shelf.usage == (0, 0))
        // Of one tenant the oldest goes where its next part is late, and nobody else's; else the newcomer waits.
        let fair = PushShelf(PushShelf.Bounds(count: 9, tenant: 2, late: 5, bytes: 5 * 4_120, time: 1_000))
        for (index, baton) in ["f", "g"].enumerated() {
            let late = now.advanced(byNanoseconds: UInt64(index))
            #expect(fair.keep(try await part(1), as: baton, of: 1, now: late))
        }
        #expect(!fair.keep(try await part(1), as: "h", of: 1, now: now.advanced(byNanoseconds: 4)))
        #expect(!fair.keep(try await part(5), as: "h", of: 1, now: now.advanced(byNanoseconds: 5)), "too large anyway")
        #expect(fair.usage.count == 2)
        #expect(fair.keep(try await part(1), as: "h", of: 1, now: now.advanced(byNanoseconds: 5)))
        #expect(fair.usage.count == 2)
        let end = ReplicaPosition(generation: 8, from: 2, to: 3)
        #expect(fair.take("f", of: house.tenant, 1, end) == nil && fair.take("g", of: house.tenant, 1, end) != nil)
        fair.expire(now: now.advanced(byNanoseconds: 2_000))
        try await house.expectNothingLeft("shelf")
        try house.house.stop()
    }

    private func taken(_ found: PushShelf.Found?) -> PushedFile? {
        if case .file(let file)? = found { file } else { nil }
    }

    @Test func `Places that replicas have shown take no room of parts, and have a bound`() async throws {
        let shelf = PushShelf(PushShelf.Bounds(shown: 2, bytes: 0, time: 10))
        let (tenant, now) = (TenantID(7), SystemTime().monotonic())
        func isShown(_ next: UInt32, _ baton: String, at time: UInt64 = 0) -> Bool {
            shelf.noteShown(next, of: tenant, 8, as: baton, of: 1, now: now.advanced(byNanoseconds: time))
        }
        #expect(isShown(5, "a") && isShown(5, "b") && isShown(6, "c") && !isShown(7, "d"))
        #expect(isShown(6, "c2"), "the same again")
        func found(_ baton: String, _ from: UInt32, _ principal: UInt64 = 1) -> Bool {
            let position = ReplicaPosition(generation: 8, from: from, to: from + 1)
            return shelf.take(baton, of: tenant, principal, position) != nil
        }
        #expect(!found("a", 5) && !found("b", 6) && !found("b", 5, 2) && found("b", 5) && !found("b", 5))
        #expect(isShown(7, "d") && !isShown(8, "e") && isShown(8, "e", at: 10), "the old ones are gone")
        shelf.expire(now: now.advanced(byNanoseconds: 20))
        #expect(!found("e", 8) && shelf.usage == (0, 0))
    }

    @Test func `A repetition that asks where it stands does not end what another has begun`() async throws {
        let house = try await PushHouse()
        var mine = try await house.replica()
        let writer = try LocalWriter(mine.pages)
        try writer.run("INSERT INTO t(v) VALUES (1)")
        let first = writer.frames
        #expect(try await house.sync(first, &mine))
        try writer.run("INSERT INTO t(v) VALUES (randomblob(100000))")
        let (all, start) = (writer.frames, Int(first.frameCount))
        let part = all.frames(start..<start + 10)
        guard case .goOn(let baton) = try await house.push(part, mine.generation, mine.frame + 1) else {
            Issue.record("nothing is kept")
            return
        }
        let last = first.frames(start - 1..<start)
        for _ in 0..<5 {
            guard case .goOn = try await house.push(last, mine.generation, mine.frame) else {
                Issue.record("it is not in doubt")
                return
            }
        }
        // What lies there has its room on the disk already, and reserves none.
        let spare: Int64 = 256 << 20
        #expect(house.engine.snapshotSpace.take(1, free: spare + 1) != nil)
        let rest = all.frames(start + 10..<Int(all.frameCount))
        let taken = try await house.push(rest, mine.generation, mine.frame + 11, baton: baton)
        #expect(taken == .at(generation: mine.generation, frame: all.frameCount, try await house.bookmark()))
        try house.house.stop()
    }
}
