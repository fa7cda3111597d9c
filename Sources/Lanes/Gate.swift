import Glibc

/// A mutex with one condition: the way to block a thread of ours until something is so.
///
/// Never wait on an event loop or on Swift's shared pool. Timed waits run on CLOCK_MONOTONIC, so that setting the
/// machine's clock neither stretches nor cuts them.
package final class Gate: @unchecked Sendable {
    // Unchecked: both are made once, used through pthread calls only, and freed with the last reference.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init() {
        var attributes = pthread_condattr_t()
        check(pthread_condattr_init(&attributes))
        check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC))
        check(pthread_mutex_init(mutex, nil))
        check(pthread_cond_init(condition, &attributes))
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    package func lock() { check(pthread_mutex_lock(mutex)) }
    package func unlock() { check(pthread_mutex_unlock(mutex)) }

    /// The body runs a few lines and calls nothing that may block.
    package func withLock<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        lock()
        defer { unlock() }
        return try body()
    }

    /// Wakes one waiter; cheapest after `unlock`.
    package func signal() { pthread_cond_signal(condition) }
    /// Wakes all waiters.
    package func broadcast() { pthread_cond_broadcast(condition) }

    /// Blocks while `waiting()` is true. The caller holds the lock; it is held again on return.
    package func wait(while waiting: () -> Bool) {
        while waiting() { check(pthread_cond_wait(condition, mutex)) }
    }

    /// As `wait(while:)`, for at most `nanoseconds`.
    ///
    /// - Returns: false if `waiting()` was still true when the time was over.
    package func wait(atMost nanoseconds: UInt64, while waiting: () -> Bool) -> Bool {
        guard waiting() else { return true }
        var deadline = Self.monotonic(after: nanoseconds)
        while waiting() {
            let code = pthread_cond_timedwait(condition, mutex, &deadline)
            if code == ETIMEDOUT { return !waiting() }
            check(code)
        }
        return true
    }

    private static func monotonic(after nanoseconds: UInt64) -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let second: UInt64 = 1_000_000_000
        // A century is for ever; the cap keeps the sum from overflowing.
        let wait = min(nanoseconds, 3_153_600_000 * second)
        let fraction = UInt64(time.tv_nsec) + wait % second
        time.tv_sec += Int(wait / second + fraction / second)
        time.tv_nsec = Int(fraction % second)
        return time
    }

    /// These calls fail only when they are misused; going on without the lock would be worse than stopping.
    private func check(_ code: Int32) { precondition(code == 0, "a pthread call failed with \(code)") }
}
