import Seams
import Synchronization
import Testing
import Vocabulary

@testable import Access

@Suite struct AccessNotesTests {
    private final class Clock: TimeSource {
        private let now = Mutex<UInt64>(1_000_000_000)
        func advance(seconds: UInt64) { now.withLock { $0 += seconds * 1_000_000_000 } }
        func monotonic() -> Instant { Instant(nanoseconds: now.withLock { $0 }) }
        func wall() -> WallTime { WallTime(milliseconds: Int64(now.withLock { $0 } / 1_000_000)) }
    }

    private func refusal(_ number: Int) -> AccessNote {
        AccessNote(.refused(code: "token_invalid"), from: "10.0.0.\(number)")
    }
    private func use(_ token: String = "t", from address: String = "10.0.0.1") -> AccessNote {
        AccessNote(.support(token: token, supporter: "admin:ops", tenant: TenantID(7)), from: address)
    }
    private func used(_ count: Int, _ origins: String...) -> AccessNotes.Told {
        .init(.support(token: "t", supporter: "admin:ops", tenant: TenantID(7), origins: origins), count: count)
    }
    private func refused(_ origin: String, _ count: Int) -> AccessNotes.Told {
        .init(.refused(code: "token_invalid", origin: origin), count: count)
    }

    @Test func `a use is told at once, and then once a minute with its count and addresses`() {
        let clock = Clock()
        let notes = AccessNotes(time: clock)
        #expect(notes.take().isEmpty)
        notes.add(use())
        #expect(notes.take() == [used(1, "10.0.0.1")])
        for number in 0..<5 { notes.add(use(from: "10.0.0.\(number % 2)")) }
        #expect(notes.take().isEmpty)
        clock.advance(seconds: 61)
        #expect(notes.take() == [used(5, "10.0.0.0", "10.0.0.1")])
    }

    @Test func `one token from ever new addresses is one entry a minute`() {
        let clock = Clock()
        let notes = AccessNotes(time: clock)
        var told: [AccessNotes.Told] = []
        for second in 0..<180 {
            for number in 0..<10 { notes.add(use(from: "2001:db8:\(second):\(number)::1")) }
            told += notes.take()
            clock.advance(seconds: 1)
        }
        #expect(told.count == 3)
    }

    @Test func `a flood of refusals is a bounded number of entries, and keeps no use out`() {
        let clock = Clock()
        let notes = AccessNotes(time: clock)
        for number in 0..<1000 { notes.add(refusal(number)) }
        for _ in 0..<9 { notes.add(refusal(3)) }
        notes.add(use())
        let told = notes.take()
        #expect(told.count == 10 && told.first == used(1, "10.0.0.1"))
        #expect(told[1] == refused("10.0.0.3", 10), "the most frequent first")
        #expect(told.last == .init(.otherRefusals, count: 992))
        notes.add(refusal(1))
        #expect(notes.take().isEmpty)
        clock.advance(seconds: 61)
        #expect(notes.take() == [refused("10.0.0.1", 1)])
    }

    @Test func `whoever goes on for long is told of less often, and after a quiet time at once`() {
        let clock = Clock()
        let notes = AccessNotes(time: clock)
        var entries = 0
        for _ in 0..<(24 * 360) {
            notes.add(refusal(1))
            entries += notes.take().count
            clock.advance(seconds: 10)
        }
        #expect((140...160).contains(entries), "a day of it, each ten minutes: \(entries)")
        clock.advance(seconds: 3600)
        notes.add(refusal(2))
        #expect(notes.take().count == 2)
        clock.advance(seconds: 61)
        notes.add(refusal(2))
        #expect(notes.take() == [refused("10.0.0.2", 1)])
    }

    @Test func `an IPv6 network is one address`() {
        let notes = AccessNotes(time: Clock())
        for number in 0..<1000 {
            notes.add(AccessNote(.refused(code: "token_invalid"), from: "2001:db8:0:7::\(String(number, radix: 16))"))
        }
        #expect(notes.take() == [refused("2001:db8:0:7::/64", 1000)])
    }

    @Test func `uses of more tokens than are told apart are called uses`() {
        let clock = Clock()
        let notes = AccessNotes(time: clock)
        for number in 0..<100 { notes.add(use("t\(number)")) }
        let told = notes.take()
        #expect(told.count == 65 && told.last == .init(.otherUses, count: 36))
        for number in 100..<200 { notes.add(use("t\(number)")) }
        #expect(notes.take().isEmpty)
        clock.advance(seconds: 61)
        let later = notes.take()
        #expect((told + later).reduce(0) { $0 + $1.count } == 200)
    }

    @Test func `what could not be written down is told again`() {
        let notes = AccessNotes(time: Clock())
        notes.add(refusal(1))
        notes.add(use())
        let told = notes.take()
        notes.putBack(told)
        #expect(notes.take() == told)
    }
}
