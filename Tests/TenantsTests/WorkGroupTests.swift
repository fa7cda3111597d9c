import Testing

@testable import Tenants

/// How a service thread waits for works, which may not end.
@Suite(.timeLimit(.minutes(1))) struct WorkGroupTests {
    private static let moment: UInt64 = 1_000_000

    @Test func `it waits as long as one after the other ends, and no longer`() {
        let group = WorkGroup(2)
        #expect(!group.wait(forEachAtMost: Self.moment))
        group.leave()
        #expect(!group.wait(forEachAtMost: Self.moment))
        group.leave()
        #expect(group.wait(forEachAtMost: Self.moment))
        #expect(WorkGroup(0).wait(forEachAtMost: Self.moment))
    }

    @Test func `one that is told of twice keeps nobody waiting`() {
        let group = WorkGroup(1)
        group.leave()
        group.leave()
        #expect(group.wait(forEachAtMost: Self.moment))
    }
}
