import Lanes
import Synchronization
import Testing

/// A unit made of a closure: tests may allocate.
final class Block: LaneUnit {
    private let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    func run() { body() }
}

/// A growing list that several threads may write.
final class Record<Element: Sendable>: Sendable {
    private let list = Mutex<[Element]>([])
    func add(_ element: Element) { list.withLock { $0.append(element) } }
    var all: [Element] { list.withLock { $0 } }
}

/// A latch: waits, at most for ten seconds, until it was opened often enough.
final class Latch: Sendable {
    private let gate = Gate()
    private let opened = Mutex(0)

    func open() {
        gate.withLock { opened.withLock { $0 += 1 } }
        gate.broadcast()
    }

    /// - Returns: false if the time was over.
    func wait(for count: Int = 1, seconds: UInt64 = 10) -> Bool {
        gate.lock()
        defer { gate.unlock() }
        return gate.wait(atMost: seconds * 1_000_000_000, while: { opened.withLock { $0 } < count })
    }
}

extension Lane {
    /// Submits a unit that the lane must take.
    func put(_ body: @escaping @Sendable () -> Void) {
        let taken = submit(Block(body))
        #expect(taken)
    }

    /// Occupies the lane until the returned latch is opened; returns once the unit runs.
    func hold() -> Latch {
        let running = Latch()
        let release = Latch()
        put {
            running.open()
            _ = release.wait()
        }
        let runs = running.wait()
        #expect(runs)
        return release
    }
}

/// A counter that closures may share.
final class Count: Sendable {
    private let count = Atomic(0)
    func add() { count.wrappingAdd(1, ordering: .sequentiallyConsistent) }
    var value: Int { count.load(ordering: .sequentiallyConsistent) }
}
