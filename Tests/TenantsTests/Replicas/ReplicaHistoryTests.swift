import Seams
import Testing
import Vocabulary

@testable import Tenants

/// What replicas are told, by where they stand.
struct ReplicaHistoryTests {
    private func bookmark(_ txid: UInt64) -> Bookmark { Bookmark(epoch: .first, txid: TxID(txid)) }

    /// Generation 8 with commits that end at frames 3, 4 and 140.
    private var history: ReplicaHistory {
        var history = ReplicaHistory(generation: 8, basePages: 5, at: bookmark(10))
        for frames in [3, 1, 136] as [UInt32] { history.append(frames: frames, at: bookmark(11)) }
        return history
    }

    private func answer(_ generation: UInt32, _ from: UInt32, _ to: UInt32) -> ReplicaAnswer {
        history.answer(to: ReplicaPosition(generation: generation, from: from, to: to))
    }

    @Test func `What is given ends with a commit, and is one at least`() {
        #expect(answer(8, 1, 129) == .frames(1..<5))
        #expect(answer(8, 1, 4) == .frames(1..<4))
        #expect(answer(8, 1, 2) == .frames(1..<4))
        #expect(answer(8, 5, 133) == .frames(5..<141))
        #expect(answer(8, 5, 9_999) == .frames(5..<141))
        #expect(answer(8, 141, 269) == .atEnd)
    }

    @Test func `Who stands inside a commit, or beyond the end, was never given that`() {
        for from in [2, 3, 6, 140, 142, .max - 1] as [UInt32] { #expect(answer(8, from, from + 1) == .startAgain) }
        #expect(answer(8, 0, 1) == .startAgain)
        #expect(answer(8, 5, 5) == .startAgain)
        #expect(answer(9, 1, 129) == .startAgain)
        #expect(answer(.max, 1, 129) == .startAgain)
    }

    @Test func `Who comes from an older generation goes through the passage`() {
        #expect(answer(6, 400, 528) == .goOn(8))
        #expect(answer(6, 1, 129) == .goOn(8))
        #expect(answer(7, 1, 129) == .image)
        #expect(answer(7, 6, 134) == .goOn(8))
        for from in [2, 5, 7] as [UInt32] { #expect(answer(7, from, from + 128) == .startAgain) }
    }

    @Test func `Who would have too many generations to go through begins again`() {
        let late = ReplicaHistory(generation: 10_000, basePages: 1, at: bookmark(1))
        #expect(late.answer(to: ReplicaPosition(generation: 9_999 - 4_096, from: 7, to: 135)) == .goOn(10_000))
        #expect(late.answer(to: ReplicaPosition(generation: 9_998 - 4_096, from: 7, to: 135)) == .startAgain)
    }

    @Test func `A history goes on under the same owner only, and not backwards`() {
        var history = history
        #expect(history.mayGoOn(to: bookmark(11)) && history.mayGoOn(to: bookmark(12)))
        #expect(!history.mayGoOn(to: bookmark(10)))
        #expect(!history.mayGoOn(to: Bookmark(epoch: Epoch(2), txid: TxID(12))))
        history.append(frames: 0, at: bookmark(12))
        #expect(history.frameCount == 140 && history.bookmark == bookmark(12))
    }

    @Test func `The page that SQLite keeps for its locks is in no image`() {
        #expect(ReplicaImage.lockPage == 262_145)
        #expect(ReplicaImage.frameCount(pages: 262_144) == 262_144)
        #expect(ReplicaImage.frameCount(pages: 262_146) == 262_145)
        #expect(ReplicaImage.page(ofFrame: 262_144) == 262_144)
        #expect(ReplicaImage.page(ofFrame: 262_145) == 262_146)
    }

    @Test func `What was not used for longest makes room`() {
        var room = ReplicaRoom(most: 100)
        for (id, bytes) in [(1, 40), (2, 30), (3, 30)] as [(UInt64, Int64)] {
            room.note(TenantID(id), bytes, .init(nanoseconds: id))
        }
        #expect(room.bytes == 100)
        #expect(room.victims(for: 101, of: TenantID(9)) == nil)
        #expect(room.victims(for: 30, of: TenantID(9)) == [TenantID(1)])
        #expect(room.victims(for: 60, of: TenantID(1)) == [TenantID(2)])
        #expect(room.victims(for: 40, of: TenantID(1)) == [])
        room.note(TenantID(1), 10, .init(nanoseconds: 9))
        #expect(room.bytes == 70)
        #expect(room.unused(since: 6, now: .init(nanoseconds: 9)) == [TenantID(2), TenantID(3)])
        room.remove(TenantID(2))
        #expect(room.bytes == 40 && !room.holds(TenantID(2)))
    }
}
