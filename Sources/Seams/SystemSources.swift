import Glibc
package import Vocabulary

/// The machine's clocks: CLOCK_BOOTTIME (counts suspension) and CLOCK_REALTIME.
package struct SystemTime: TimeSource {
    package init() {}

    package func monotonic() -> Instant {
        var now = timespec()
        clock_gettime(CLOCK_BOOTTIME, &now)
        return Instant(nanoseconds: UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec))
    }

    package func wall() -> WallTime {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return WallTime(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }
}

/// The system's cryptographic generator.
package struct SystemRandom: RandomSource {
    package init() {}

    package func next() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    package func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
