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
    private let use = AccessNote(.support(token: "t", supporter: "admin:ops", tenant: TenantID(7)), from: "10.0.0.1")

    @Test func `a use is told at once, and then once a minute with its count`() {
        let clock = Clock()
        let notes = AccessNotes(time: clock)
        #expect(notes.take().isEmpty)
        notes.add(use)
        #expect(notes.take() == [.init(note: use, count: 1)])
        for _ in 0..<5 { notes.add(use) }
        #expect(notes.take().isEmpty)
        clock.advance(seconds: 61)
        #expect(notes.take() == [.init(note: use, count: 5)])
    }

    @Test func `a flood of refusals is a bounded number of entries, and keeps no use out`() {
        let clock = Clock()
        let notes = AccessNotes(time: clock)
        for number in 0..<1000 { notes.add(refusal(number)) }
        notes.add(use)
        let told = notes.take()
        #expect(told.count == 66 && told.contains(.init(note: use, count: 1)))
        #expect(told.last == .init(note: nil, count: 936))
        notes.add(refusal(1))
        #expect(notes.take().isEmpty)
        clock.advance(seconds: 61)
        #expect(notes.take() == [.init(note: refusal(1), count: 1)])
    }

    @Test func `what could not be written down is told again`() {
        let notes = AccessNotes(time: Clock())
        notes.add(refusal(1))
        notes.add(use)
        let told = notes.take()
        notes.putBack(told)
        #expect(notes.take() == told)
    }
}
