import Catalog
import Seams
import Testing
import Vocabulary

@testable import ControlPlane

@Suite struct KeySettlingTests {
    private func key(_ kid: String, at milliseconds: Int64, isRetired: Bool = false) -> SigningKeyRow {
        SigningKeyRow(
            kid: kid, publicKey: [], privateKey: [], created: WallTime(milliseconds: milliseconds),
            retired: isRetired ? WallTime(milliseconds: milliseconds) : nil)
    }

    private func instant(_ seconds: UInt64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }
    private let wall = WallTime(milliseconds: 10_000_000)

    @Test func `a new key signs when this process has known it long enough`() {
        var settling = KeySettling(wait: 8_000_000_000)
        let (old, new) = (key("old", at: 0), key("new", at: 9_999_000))
        #expect(settling.signer(among: [old], now: instant(1), wall: wall) == "old")
        #expect(settling.signer(among: [old, new], now: instant(5), wall: wall) == "old")
        #expect(settling.signer(among: [old, new], now: instant(12), wall: wall) == "old")
        #expect(settling.signer(among: [old, new], now: instant(13), wall: wall) == "new")
        // One that went and came again is new.
        #expect(settling.signer(among: [old], now: instant(14), wall: wall) == "old")
        #expect(settling.signer(among: [old, new], now: instant(15), wall: wall) == "old")
    }

    @Test func `a process that starts knows of old keys that they are known`() {
        var settling = KeySettling(wait: 8_000_000_000)
        // Minutes are no age: the clock that a key was made by may be ahead or behind.
        let day: Int64 = 24 * 3600 * 1000
        let later = WallTime(milliseconds: 3 * day)
        let keys = [key("a", at: 0), key("b", at: 2 * day), key("c", at: 3 * day - 1_200_000)]
        #expect(settling.signer(among: keys, now: instant(1), wall: later) == "b")
    }

    @Test func `a retired key never signs, and an unsettled one does where there is no other`() {
        var settling = KeySettling(wait: 8_000_000_000)
        let keys = [key("a", at: 0, isRetired: true), key("b", at: 9_999_000), key("c", at: 9_999_500)]
        #expect(settling.signer(among: keys, now: instant(1), wall: wall) == "b")
        #expect(settling.signer(among: [keys[0]], now: instant(1), wall: wall) == nil)
        var alone = KeySettling(wait: 0)
        #expect(alone.signer(among: keys, now: instant(1), wall: wall) == "c")
    }
}
