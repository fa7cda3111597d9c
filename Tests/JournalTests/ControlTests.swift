import Journal
import Simulator
import Testing
import Vocabulary

/// The same proof with one rule broken each must fail: else it proves nothing.
@Suite struct ControlTests {
    private func isNoticed(_ faults: JournalFaults, seeds: Int = 60) throws -> Int? {
        try (0..<seeds).first { try !CrashTests.run(seed: UInt64($0), faults: faults).isEmpty }
    }

    @Test func `acknowledging before the sync is noticed`() throws {
        var faults = JournalFaults()
        faults.acknowledgeBeforeSync = true
        #expect(try isNoticed(faults) != nil)
    }

    @Test func `rewriting an acknowledged block is noticed`() throws {
        var faults = JournalFaults()
        faults.rewriteAcknowledgedBlock = true
        #expect(try isNoticed(faults) != nil)
    }

    @Test func `ranges across a shrink are noticed`() throws {
        var faults = JournalFaults()
        faults.rangesAcrossShrink = true
        #expect(try isNoticed(faults) != nil)
    }

    @Test func `records of another generation are noticed`() throws {
        var faults = JournalFaults()
        faults.ignoreGeneration = true
        #expect(try isNoticed(faults) != nil)
    }

    @Test func `setting the size only at the end is noticed`() throws {
        var faults = JournalFaults()
        faults.sizeOnlyAtEnd = true
        #expect(try isNoticed(faults) != nil)
    }
}
