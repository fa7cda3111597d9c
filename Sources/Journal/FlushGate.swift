import Glibc

/// The one wait of this room: a count that grows, and threads that sleep until it has grown past what they saw.
///
/// A thread reads `count`, looks at whatever it waits for, and sleeps with the count that it read: a change between the
/// look and the sleep has moved the count, so that no wake-up is lost. Pthreads rather than a semaphore because sleeps
/// need a deadline on the monotonic clock.
final class FlushGate: @unchecked Sendable {
    // Safe to share: every access to `value` holds the mutex.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: UInt64 = 0

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    var count: UInt64 {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return value
    }

    /// Wakes all sleepers.
    func advance() {
        pthread_mutex_lock(mutex)
        value &+= 1
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Sleeps until the count is not `seen` any more.
    ///
    /// - Parameter nanoseconds: The longest sleep; nil for no bound.
    /// - Returns: false if the time ran out first.
    @discardableResult
    func wait(past seen: UInt64, atMost nanoseconds: UInt64? = nil) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard let nanoseconds else {
            while value == seen { pthread_cond_wait(condition, mutex) }
            return true
        }
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let bounded = min(nanoseconds, 1_000_000_000_000)
        let total = UInt64(deadline.tv_nsec) + bounded % 1_000_000_000
        deadline.tv_sec += Int(bounded / 1_000_000_000 + total / 1_000_000_000)
        deadline.tv_nsec = Int(total % 1_000_000_000)
        while value == seen {
            if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return value != seen }
        }
        return true
    }
}

/// One thread at a time through a stretch that does I/O, where a `Mutex` is not meant to be held.
final class Turn: @unchecked Sendable {
    // Safe to share: a pthread mutex is.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() { pthread_mutex_init(mutex, nil) }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func take<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }
}
