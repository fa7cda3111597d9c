import Testing

@testable import Access

@Suite struct AuthThrottleTests {
    static func isRefused(_ throttle: AuthThrottle, _ subject: AuthThrottle.Subject) -> Bool {
        failure { () throws(AccessError) in try throttle.check(subject) } != nil
    }

    @Test func `a burst is free, then one attempt for each interval`() {
        let time = SetTime()
        let throttle = AuthThrottle(time: time)
        let subject = AuthThrottle.Subject.account("ann")
        for _ in 0..<9 {
            throttle.failed(subject)
            #expect(!Self.isRefused(throttle, subject))
        }
        throttle.failed(subject)
        #expect(Self.isRefused(throttle, subject))
        time.pass(seconds: 5)
        #expect(failure { () throws(AccessError) in try throttle.check(subject) } == .rateLimited(retryAfterSeconds: 1))
        time.pass(seconds: 1)
        #expect(!Self.isRefused(throttle, subject))
        throttle.failed(subject)
        #expect(Self.isRefused(throttle, subject))
        #expect(!Self.isRefused(throttle, .account("bob")))
        time.pass(seconds: 60)
        for _ in 0..<9 { throttle.failed(subject) }
        #expect(!Self.isRefused(throttle, subject))
    }

    @Test func `attempts that are under way at once do not all pass`() {
        let throttle = AuthThrottle(time: SetTime())
        let subject = AuthThrottle.Subject.account("ann")
        let passed = (0..<30).filter { _ in failure { () throws(AccessError) in try throttle.take(subject) } == nil }
        #expect(passed.count == 10)
        #expect(Self.isRefused(throttle, subject))
        for _ in passed { throttle.giveBack(subject) }
        #expect(failure { () throws(AccessError) in try throttle.take(subject) } == nil)
    }

    @Test func `a stubborn client is let in soon after it stops`() {
        let time = SetTime()
        let throttle = AuthThrottle(time: time)
        for _ in 0..<100_000 { throttle.failed(.account("ann")) }
        time.pass(seconds: 6)
        #expect(!Self.isRefused(throttle, .account("ann")))
    }

    @Test func `a flood of others does not make it forget one that goes on failing`() {
        let throttle = AuthThrottle(capacity: 100, time: SetTime())
        for _ in 0..<20 { throttle.failed(.account("ann")) }
        for number in 0..<10_000 {
            throttle.failed(.account("other \(number)"))
            #expect(Self.isRefused(throttle, .account("ann")))
        }
    }

    @Test func `one customer's IPv6 addresses are one subject`() {
        let subject = AuthThrottle.Subject.address(text:)
        #expect(subject("2001:db8::1") == subject("2001:db8:0:0:ffff::2"))
        #expect(subject("2001:db8:0:1::1") != subject("2001:db8::1"))
        #expect(subject("10.0.0.1") != subject("10.0.0.2"))
        #expect(subject("::ffff:10.0.0.1") == subject("10.0.0.1"))
        #expect(subject("socket") == subject("socket"))
    }
}
