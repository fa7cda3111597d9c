import Glibc
import Lanes
import Synchronization
import Testing

/// As the kernel knows it.
private func currentThreadName() -> String {
    let descriptor = open("/proc/thread-self/comm", O_RDONLY)
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 32)
    let count = read(descriptor, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, count - 1)), as: UTF8.self)
}

private func isBlockedHere(_ signal: Int32) -> Bool {
    var blocked = sigset_t()
    pthread_sigmask(SIG_BLOCK, nil, &blocked)
    return sigismember(&blocked, signal) == 1
}

@Suite struct ThreadTests {
    @Test func `threads have their names, a deep stack, and leave signals to the main thread`() throws {
        let names = Record<String>()
        let before = isBlockedHere(SIGTERM)
        let check: @Sendable () -> Void = {
            names.add(currentThreadName())
            #expect(isBlockedHere(SIGTERM))
            #expect(isBlockedHere(SIGINT))
            #expect(!isBlockedHere(SIGSEGV))
            withUnsafeTemporaryAllocation(byteCount: 3 << 20, alignment: 16) { bytes in
                bytes.initializeMemory(as: UInt8.self, repeating: 1)
                #expect(bytes[bytes.count - 1] == 1)
            }
        }
        let thread = try BackgroundThread(name: "journal-flusher-2", check)
        thread.join()
        let group = try LaneGroup(count: 1, queueBound: 1)
        #expect(group.lanes[0].submit(Block(check)))
        group.shutdown()
        #expect(names.all == ["journal-flusher", "lane-0"])
        #expect(isBlockedHere(SIGTERM) == before)
    }

    @Test func `a gate's timed wait ends when the time is over and not before`() {
        let gate = Gate()
        let clock = ContinuousClock()
        let start = clock.now
        gate.lock()
        let came = gate.wait(atMost: 20_000_000, while: { true })
        gate.unlock()
        #expect(!came)
        #expect(clock.now - start >= .milliseconds(20))
        #expect(clock.now - start < .seconds(5))
    }

    @Test func `a gate wakes its waiter`() throws {
        let gate = Gate()
        let isReady = Mutex(false)
        let thread = try BackgroundThread(name: "waker") {
            gate.withLock { isReady.withLock { $0 = true } }
            gate.signal()
        }
        gate.lock()
        #expect(gate.wait(atMost: 10_000_000_000, while: { !isReady.withLock { $0 } }))
        gate.wait(while: { !isReady.withLock { $0 } })
        gate.unlock()
        thread.join()
    }
}
